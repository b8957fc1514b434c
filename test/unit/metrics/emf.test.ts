import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { EMF_DIMENSIONS, emfDocuments, type MetricSample } from '../../../src/metrics/emf.ts';
import { startEmfWriter } from '../../../src/metrics/emf-writer.ts';
import { makeMetrics } from '../../../src/metrics.ts';
import { silentLogger } from '../../support/database.ts';
import { makeFakeClock } from '../../support/fake-clock.ts';
import { memoryStream } from '../../support/memory-stream.ts';

const CHARGE = { provider: 'MTN', market: 'ZM', operation: 'charge' } as const;
const STATUS = { ...CHARGE, operation: 'status' } as const;
const AT = { timestampMs: 1_700_000_000_000, previous: [] };

const api = { environment: 'gateway-test', role: 'api' } as const;
const worker = { environment: 'gateway-test', role: 'worker' } as const;

const gatewayMetrics = () => makeMetrics({ processMetrics: false });

/** Without what the format itself wants. */
function plain(documents: ReturnType<typeof emfDocuments>) {
  return documents.map(({ _aws, ...members }) => members);
}

describe('metrics for CloudWatch', () => {
  it('are documents as the specification wants them', () => {
    const samples: MetricSample[] = [
      { name: 'outbox_pending', labels: {}, value: 7 },
      { name: 'outbox_oldest_seconds', labels: {}, value: 1.5 },
    ];
    assert.deepEqual(emfDocuments(worker, { ...AT, samples })[1], {
      _aws: {
        Timestamp: 1_700_000_000_000,
        CloudWatchMetrics: [
          {
            Namespace: 'PaymentGateway',
            Dimensions: [['Environment']],
            Metrics: [
              { Name: 'outbox_pending', Unit: 'Count' },
              { Name: 'outbox_oldest_seconds', Unit: 'Seconds' },
            ],
          },
        ],
      },
      Environment: 'gateway-test',
      outbox_pending: 7,
      outbox_oldest_seconds: 1.5,
    });
  });

  it('have every dimension and metric that they announce as a member', () => {
    const samples = [{ name: 'provider_breaker_state', labels: { ...CHARGE }, value: 2 }];
    for (const document of emfDocuments(api, { ...AT, samples })) {
      const [{ Dimensions, Metrics } = assert.fail('no metrics')] = document._aws.CloudWatchMetrics;
      for (const name of Dimensions.flat()) assert.equal(typeof document[name], 'string', name);
      for (const { Name } of Metrics) {
        assert.equal(typeof document[Name], 'number', Name);
        assert.deepEqual(Dimensions, [EMF_DIMENSIONS[Name]]);
      }
    }
  });

  it('leave out what has no series, but for the heartbeat', () => {
    const heartbeat = { Environment: 'gateway-test', role: 'worker', process_heartbeat: 1 };
    assert.deepEqual(plain(emfDocuments(worker, { ...AT, samples: [] })), [heartbeat]);
  });

  it('tell counters as what happened since the line before', async () => {
    const metrics = gatewayMetrics();
    metrics.breakerRejection(CHARGE, 'open');
    metrics.breakerRejection(CHARGE, 'saturated');
    const first = await metrics.read();
    metrics.breakerRejection(CHARGE, 'open');
    metrics.breakerRejection({ ...CHARGE, provider: 'AIRTEL' }, 'open');
    const second = await metrics.read();
    const rejections = (samples: MetricSample[], previous: MetricSample[]) =>
      emfDocuments(api, { ...AT, samples, previous })
        .filter((document) => 'provider_rejections' in document)
        .map(({ provider, provider_rejections: count }) => `${provider} ${count}`);
    assert.deepEqual(rejections(first, []), ['MTN 2']);
    assert.deepEqual(rejections(second, first), ['MTN 1', 'AIRTEL 1']);
    assert.deepEqual(rejections(second, second), ['MTN 0', 'AIRTEL 0']);
  });

  it('join the markets and operations of one provider', async () => {
    const metrics = gatewayMetrics();
    metrics.breakerState(CHARGE, 0);
    metrics.breakerState(STATUS, 2);
    metrics.unresolved([
      { provider: 'MTN', market: 'ZM', count: 4, oldestSeconds: 60 },
      { provider: 'MTN', market: 'UG', count: 1, oldestSeconds: 90 },
    ]);
    metrics.discrepanciesOpen([
      { provider: 'MTN', market: 'ZM', count: 2 },
      { provider: 'MTN', market: 'UG', count: 1 },
    ]);
    const samples = await metrics.read();
    const both = [
      ...emfDocuments(api, { ...AT, samples }),
      ...emfDocuments(worker, { ...AT, samples }),
    ];
    const ofProvider = plain(both).filter(({ provider }) => provider === 'MTN');
    assert.deepEqual(ofProvider, [
      { Environment: 'gateway-test', provider: 'MTN', provider_breaker_state: 2 },
      {
        Environment: 'gateway-test',
        provider: 'MTN',
        payments_unresolved: 5,
        payments_oldest_unresolved_seconds: 90,
        discrepancies_open: 3,
      },
    ]);
  });
});

describe('the writer of metrics for CloudWatch', () => {
  function start() {
    const clock = makeFakeClock();
    const metrics = gatewayMetrics();
    const stream = memoryStream();
    const writer = startEmfWriter({ ...worker, metrics, clock, logger: silentLogger, stream });
    const letters = () =>
      stream
        .text()
        .split('\n')
        .filter((line) => line.includes('dlq_messages'))
        .map((line) => JSON.parse(line).dlq_messages);
    return { clock, metrics, stream, writer, letters };
  }

  it('writes once a minute, and the rest when it closes', async () => {
    const { clock, metrics, stream, writer, letters } = start();
    metrics.deadLetter('payments.jobs.dlq');
    clock.advance(59_999);
    await turn();
    clock.advance(1);
    await turn();
    metrics.deadLetter('payments.jobs.dlq');
    metrics.deadLetter('payments.jobs.dlq');
    await writer.close();
    assert.deepEqual(letters(), [1, 2]);
    const lines = stream.text().trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)._aws.Timestamp),
      lines.map(() => 60_000),
    );
  });

  it('says nothing for a process that dies before its first minute is over', async () => {
    const { clock, stream, writer } = start();
    clock.advance(30_000);
    await turn();
    assert.equal(stream.text(), '');
    await writer.close();
  });

  it('goes on after a failure', async () => {
    const { clock, writer, letters, metrics } = start();
    const { read } = metrics;
    metrics.read = () => Promise.reject(new Error('not now'));
    clock.advance(60_000);
    await turn();
    metrics.read = read;
    await writer.close();
    assert.deepEqual(letters(), [0]);
  });
});
