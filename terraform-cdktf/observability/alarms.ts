/** Every alarm, in one table. What it means and what to do stands in docs/operations.md. */
import { JOBS, lag } from '../services/backlog.ts';
import type { Settings } from '../settings/schema.ts';
import type { Alarm } from './alarm.ts';
import {
  certificateMetric,
  databaseMetric,
  gatewayMetric,
  loadBalancerMetric,
  type Observed,
  PROVIDERS,
  redisMemory,
} from './metrics.ts';

const MINUTES_5 = 300;
const DAY = 86_400;
const BYTES_PER_GIB = 1_073_741_824;

const SERVER_ERROR_PERCENT = 5;
/** Requests in five minutes below which a share says nothing. */
const FEW_REQUESTS = 50;
const UNRESOLVED_SECONDS = 3_600;
const OUTBOX_SECONDS = 60;
/** Of the disk that was ordered. RDS adds to it from here on, up to four times. */
const FREE_STORAGE_SHARE = 0.1;
const CONNECTIONS_SHARE = 0.8;
/** A full Redis refuses writes: nothing of it may be evicted. */
const REDIS_PERCENT = 75;
/** AWS renews its own 60 days before the end, and gives up silently when it cannot. */
const CERTIFICATE_DAYS = 30;

export function alarmTable(settings: Settings, observed: Observed): Alarm[] {
  return [
    ...ofApi(settings, observed),
    ...PROVIDERS.flatMap((provider) => ofProvider(settings, provider)),
    ...ofWorker(settings, observed),
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

/** Of those servers that this deployment made; the others have owners who watch them. */
function ofServers(settings: Settings, observed: Observed): Alarm[] {
  const { postgresInstanceId: instance, redisNodes, certificateArn } = observed;
  return [
    ...(instance === null ? [] : ofPostgres(settings, instance)),
    ...redisNodes.map(
      (node, index): Alarm => ({
        id: `redis-memory-${index + 1}`,
        says: `Redis uses over ${REDIS_PERCENT} % of its memory; full, it refuses writes.`,
        runbook: 'redis-is-nearly-full',
        metrics: { used: redisMemory(node) },
        when: 'above',
        threshold: REDIS_PERCENT,
        periods: 5,
      }),
    ),
    ...(certificateArn === null
      ? []
      : [
          {
            id: 'certificate-age',
            says: `The certificate ends within ${CERTIFICATE_DAYS} days and was not renewed.`,
            runbook: 'the-certificate-is-about-to-end',
            metrics: { days: certificateMetric(certificateArn) },
            when: 'below',
            threshold: CERTIFICATE_DAYS,
            periodSeconds: DAY,
            periods: 1,
          } as const,
        ]),
  ];
}

function ofPostgres(settings: Settings, instance: string): Alarm[] {
  const { postgresStorageGib, postgresMaxConnections } = settings;
  return [
    {
      id: 'database-storage',
      says: 'Less than a tenth of the disk of Postgres is free.',
      runbook: 'postgres-is-nearly-full',
      metrics: { free: databaseMetric(instance, 'FreeStorageSpace', 'Minimum') },
      when: 'below',
      threshold: Math.round(postgresStorageGib * BYTES_PER_GIB * FREE_STORAGE_SHARE),
      periods: 5,
    },
    {
      id: 'database-connections',
      says: `Four fifths of the ${postgresMaxConnections} connections of Postgres are taken.`,
      runbook: 'too-many-connections-to-postgres',
      metrics: { taken: databaseMetric(instance, 'DatabaseConnections', 'Maximum') },
      when: 'above',
      threshold: Math.round(postgresMaxConnections * CONNECTIONS_SHARE),
      periods: 10,
    },
  ];
}
