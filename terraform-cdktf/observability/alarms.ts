/** Every alarm, in one table. What it means and what to do stands in docs/operations.md. */
import { JOBS, lag } from '../services/backlog.ts';
import type { Settings } from '../settings/schema.ts';
import type { Alarm } from './alarm.ts';
import { type LineName, lineMetric } from './log-metrics.ts';
import { gatewayMetric, loadBalancerMetric, type Observed, PROVIDERS } from './metrics.ts';
import { ofServers } from './server-alarms.ts';

const MINUTES_5 = 300;

const SERVER_ERROR_PERCENT = 5;
/** Requests in five minutes below which a share says nothing. */
const FEW_REQUESTS = 50;
const UNRESOLVED_SECONDS = 3_600;
const OUTBOX_SECONDS = 60;
/** A seal is made every minute. */
const UNSEALED_SECONDS = 3_600;

export function alarmTable(settings: Settings, observed: Observed): Alarm[] {
  return [
    ...ofApi(settings, observed),
    ...PROVIDERS.flatMap((provider) => ofProvider(settings, provider)),
    ...ofWorker(settings, observed),
    ...ofLines(settings),
    ...ofServers(settings, observed),
  ];
}

function ofApi(settings: Settings, observed: Observed): Alarm[] {
  const rejected = PROVIDERS.map((provider) => [
    provider.toLowerCase(),
    gatewayMetric(settings, 'provider_rejections', 'Sum', { provider }),
  ]);
  // Refused for a provider's sake is the breaker at work, and has its own alarm.
  const explained = PROVIDERS.map((provider) => `FILL(${provider.toLowerCase()}, 0)`).join(' - ');
  const errors = `FILL(answered, 0) + FILL(unanswered, 0) - ${explained}`;
  return [
    {
      id: 'server-errors',
      says: `More than ${SERVER_ERROR_PERCENT} % of all answers are 5xx that no provider explains.`,
      runbook: 'server-errors',
      metrics: {
        requests: loadBalancerMetric(observed, 'RequestCount', 'Sum'),
        answered: loadBalancerMetric(observed, 'HTTPCode_Target_5XX_Count', 'Sum'),
        unanswered: loadBalancerMetric(observed, 'HTTPCode_ELB_5XX_Count', 'Sum'),
        ...Object.fromEntries(rejected),
      },
      expression: `IF(requests > ${FEW_REQUESTS}, 100 * (${errors}) / requests, 0)`,
      when: 'above',
      threshold: SERVER_ERROR_PERCENT,
      periodSeconds: MINUTES_5,
      periods: 1,
    },
    {
      id: 'healthy-hosts',
      says: `Fewer than ${settings.apiTasksMin} api tasks are healthy.`,
      runbook: 'too-few-healthy-tasks',
      metrics: { healthy: loadBalancerMetric(observed, 'HealthyHostCount', 'Minimum') },
      when: 'below',
      threshold: settings.apiTasksMin,
      periods: 5,
      silenceIsBad: true,
    },
  ];
}

function ofProvider(settings: Settings, provider: string): Alarm[] {
  const id = provider.toLowerCase();
  return [
    {
      id: `rejected-${id}`,
      says: `Payments by ${provider} are refused with 503: breaker open, or saturated.`,
      runbook: 'a-provider-is-down',
      metrics: { rejected: gatewayMetric(settings, 'provider_rejections', 'Sum', { provider }) },
      when: 'above',
      threshold: 0,
      periods: 3,
    },
    {
      id: `unresolved-${id}`,
      says: `A payment by ${provider} has waited for its outcome for over an hour.`,
      runbook: 'payments-that-stay-unresolved',
      metrics: {
        age: gatewayMetric(settings, 'payments_oldest_unresolved_seconds', 'Maximum', { provider }),
      },
      when: 'above',
      threshold: UNRESOLVED_SECONDS,
      periods: 5,
    },
    {
      // A reconciliation opens some without a line in the worker's log; and this one lasts until somebody closes it.
      id: `discrepancies-open-${id}`,
      says: `A discrepancy about ${provider} is open: nobody has dealt with it.`,
      runbook: 'discrepancies',
      metrics: { open: gatewayMetric(settings, 'discrepancies_open', 'Maximum', { provider }) },
      when: 'above',
      threshold: 0,
      periods: 5,
    },
  ];
}

function ofWorker(settings: Settings, { kafkaClusterName }: Observed): Alarm[] {
  const alarms: Alarm[] = [
    {
      id: 'worker-silent',
      says: 'No worker has given a sign of life for ten minutes: nothing is settled.',
      runbook: 'no-worker-runs',
      metrics: { alive: gatewayMetric(settings, 'process_heartbeat', 'Sum', { role: 'worker' }) },
      when: 'below',
      threshold: 1,
      periodSeconds: MINUTES_5,
      periods: 2,
      silenceIsBad: true,
    },
    {
      id: 'outbox-age',
      says: `A message has waited for Kafka for over ${OUTBOX_SECONDS} seconds.`,
      runbook: 'a-stuck-outbox',
      metrics: { age: gatewayMetric(settings, 'outbox_oldest_seconds', 'Maximum') },
      when: 'above',
      threshold: OUTBOX_SECONDS,
      periods: 5,
    },
    {
      id: 'ledger-unsealed',
      says: 'What was booked an hour ago is in no seal of the ledger: nobody seals.',
      runbook: 'seals-of-the-ledger',
      metrics: { age: gatewayMetric(settings, 'ledger_unsealed_oldest_seconds', 'Maximum') },
      when: 'above',
      threshold: UNSEALED_SECONDS,
      periods: 5,
    },
    {
      id: 'dead-letters',
      says: 'A message went to the dead letters.',
      runbook: 'dead-letters',
      metrics: { dead: gatewayMetric(settings, 'dlq_messages', 'Sum') },
      when: 'above',
      threshold: 0,
      periodSeconds: MINUTES_5,
      periods: 1,
    },
  ];
  if (kafkaClusterName === null) return alarms;
  return [
    ...alarms,
    {
      id: 'consumer-lag',
      says: `More wait in ${JOBS.topic} than all workers together are meant to have before them.`,
      runbook: 'consumers-fall-behind',
      metrics: { lag: lag(kafkaClusterName) },
      when: 'above',
      threshold: settings.workerLagPerTask * settings.workerTasksMax,
      periods: 15,
    },
  ];
}

/** Each time that such a line is written somebody is told: they are about money, or our own fault. */
function ofLines(settings: Settings): Alarm[] {
  const alarm = (id: string, name: LineName, says: string, runbook: string): Alarm => ({
    id,
    says,
    runbook,
    metrics: { lines: lineMetric(settings, name) },
    when: 'above',
    threshold: 0,
    periodSeconds: MINUTES_5,
    periods: 1,
  });
  return [
    alarm(
      'discrepancy',
      'discrepancies',
      'A provider says something else of a payment than the merchant was told.',
      'discrepancies',
    ),
    alarm(
      'manual-review',
      'manual_reviews',
      'A payment waits for a person: its outcome is not to be had from the provider.',
      'manual_review',
    ),
    alarm(
      'unrecorded-outcome',
      'unrecorded_outcomes',
      'Postgres went away after a charge was sent; the worker will find out how it ended.',
      'postgres-is-down',
    ),
    alarm('defect', 'defects', 'Something failed by a defect of ours.', 'a-defect-of-ours'),
  ];
}
