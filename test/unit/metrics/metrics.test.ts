import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeMetrics } from '../../../src/metrics.ts';

const CHARGE = { provider: 'MTN', market: 'ZM', operation: 'charge' } as const;

function useAll(metrics: ReturnType<typeof makeMetrics>): void {
  metrics.httpRequest({ method: 'POST', route: '/v1/pay', status: 202 }, 0.012);
  metrics.providerRequest(CHARGE, 'accepted', 0.1);
  metrics.breakerState(CHARGE, 2);
  metrics.breakerRejection(CHARGE, 'open');
  metrics.providerInFlight(CHARGE, 3);
  metrics.idempotencyClaim('granted', 'redis');
  metrics.payment({ provider: 'MTN', market: 'ZM', status: 'ACCEPTED' });
  metrics.unresolved([{ provider: 'MTN', market: 'ZM', count: 4, oldestSeconds: 60 }]);
  metrics.discrepanciesOpen([{ provider: 'MTN', market: 'ZM', count: 2 }]);
  metrics.outbox(7, 1.5);
  metrics.ledgerUnsealed(3, 2.5);
  metrics.eventsPublished('payments.jobs', 10);
  metrics.eventConsumed('payment.accepted', 'done');
  metrics.workerProcessing('settle', 0.02);
  metrics.workerRetry('payment.accepted');
  metrics.deadLetter('payments.jobs.dlq');
}

/** Sample lines of the gateway's own metrics, buckets left out. */
async function samples(metrics: ReturnType<typeof makeMetrics>): Promise<string[]> {
  const { body } = await metrics.render();
  return body.split('\n').filter((line) => line && !line.startsWith('#') && !line.includes('le="'));
}

test('every metric has the name and labels that others rely on', async () => {
  const metrics = makeMetrics({ processMetrics: false });
  useAll(metrics);
  const provider = 'provider="MTN",market="ZM"';
  assert.deepEqual(
    (await samples(metrics)).toSorted(),
    [
      'http_requests_total{method="POST",route="/v1/pay",status="202"} 1',
      'http_request_duration_seconds_sum{method="POST",route="/v1/pay",status="202"} 0.012',
      'http_request_duration_seconds_count{method="POST",route="/v1/pay",status="202"} 1',
      `provider_requests_total{${provider},operation="charge",outcome="accepted"} 1`,
      `provider_request_duration_seconds_sum{${provider},operation="charge"} 0.1`,
      `provider_request_duration_seconds_count{${provider},operation="charge"} 1`,
      `provider_breaker_state{${provider},operation="charge"} 2`,
      `provider_breaker_rejections_total{${provider},operation="charge",reason="open"} 1`,
      `provider_in_flight{${provider},operation="charge"} 3`,
      'idempotency_claims_total{result="granted",store="redis"} 1',
      `payments_total{${provider},status="ACCEPTED"} 1`,
      // Born with their provider, so that an alert sees the first one.
      ...['FAILED', 'MANUAL_REVIEW', 'RECEIVED', 'SUCCEEDED', 'UNKNOWN'].map(
        (status) => `payments_total{${provider},status="${status}"} 0`,
      ),
      `payments_unresolved{${provider}} 4`,
      `payments_oldest_unresolved_seconds{${provider}} 60`,
      `discrepancies_open{${provider}} 2`,
      'ledger_unsealed 3',
      'ledger_unsealed_oldest_seconds 2.5',
      'outbox_pending 7',
      'outbox_oldest_seconds 1.5',
      'events_published_total{topic="payments.jobs"} 10',
      'events_consumed_total{type="payment.accepted",status="done"} 1',
      'worker_processing_duration_seconds_sum{task="settle"} 0.02',
      'worker_processing_duration_seconds_count{task="settle"} 1',
      'worker_retries_total{type="payment.accepted"} 1',
      'dlq_messages_total{topic="payments.jobs.dlq"} 1',
    ].toSorted(),
  );
});

test('a market without unresolved payments falls back to zero', async () => {
  const metrics = makeMetrics({ processMetrics: false });
  metrics.unresolved([{ provider: 'MTN', market: 'ZM', count: 4, oldestSeconds: 60 }]);
  metrics.unresolved([{ provider: 'AIRTEL', market: 'ZM', count: 1, oldestSeconds: 2 }]);
  const lines = await samples(metrics);
  assert.ok(lines.includes('payments_unresolved{provider="MTN",market="ZM"} 0'));
  assert.ok(lines.includes('payments_oldest_unresolved_seconds{provider="MTN",market="ZM"} 0'));
  assert.ok(lines.includes('payments_unresolved{provider="AIRTEL",market="ZM"} 1'));
});

test('a market whose discrepancies are all closed falls back to zero', async () => {
  const metrics = makeMetrics({ processMetrics: false });
  metrics.discrepanciesOpen([{ provider: 'MTN', market: 'ZM', count: 2 }]);
  metrics.discrepanciesOpen([]);
  assert.ok((await samples(metrics)).includes('discrepancies_open{provider="MTN",market="ZM"} 0'));
});

test('gauges that nobody has set yet are absent, not zero', async () => {
  const metrics = makeMetrics({ processMetrics: false });
  assert.ok(!(await samples(metrics)).some((line) => /^(outbox|ledger)_/.test(line)));
  metrics.outbox(0, 0);
  assert.ok((await samples(metrics)).includes('outbox_pending 0'));
});

test('a method that the caller made up is no label', async () => {
  const metrics = makeMetrics({ processMetrics: false });
  metrics.httpRequest({ method: 'PROPFIND', route: 'other', status: 405 }, 0.001);
  assert.match((await samples(metrics)).join('\n'), /http_requests_total\{method="OTHER"/);
});

test('a number that is none does not throw', () => {
  const metrics = makeMetrics({ processMetrics: false });
  for (const bad of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
    metrics.httpRequest({ method: 'GET', route: 'x', status: 200 }, bad);
    metrics.eventsPublished('payments.jobs', bad);
    metrics.outbox(bad, bad);
    metrics.ledgerUnsealed(bad, bad);
    metrics.workerProcessing('settle', bad);
  }
});

test('two sets of metrics do not meet, and Node’s own are there', async () => {
  const first = makeMetrics();
  const second = makeMetrics();
  first.deadLetter('payments.jobs.dlq');
  const { contentType, body } = await second.render();
  assert.match(contentType, /^text\/plain; version=0\.0\.4/);
  assert.match(body, /nodejs_eventloop_lag_seconds/);
  assert.match(body, /dlq_messages_total\{topic="payments\.jobs\.dlq"\} 0/);
});

test('what a frozen label object holds is read, not changed', () => {
  const metrics = makeMetrics({ processMetrics: false });
  const labels = Object.freeze({ ...CHARGE });
  metrics.breakerState(labels, 0);
  metrics.providerInFlight(labels, 1);
  metrics.breakerRejection(labels, 'saturated');
  metrics.providerRequest(labels, 'unknown', 1);
});
