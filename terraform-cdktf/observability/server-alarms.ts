/** Alarms on what keeps data, and on the certificate. */
import type { Settings } from '../settings/schema.ts';
import type { Alarm } from './alarm.ts';
import {
  brokerDisk,
  certificateMetric,
  databaseMetric,
  type Observed,
  redisMemory,
} from './metrics.ts';

const MINUTES_5 = 300;
const DAY = 86_400;
const BYTES_PER_GIB = 1_073_741_824;

/** Of the disk that was ordered. RDS adds to it from here on, up to four times. */
const FREE_STORAGE_SHARE = 0.1;
const CONNECTIONS_SHARE = 0.8;
/** A full Redis refuses writes: nothing of it may be evicted. */
const REDIS_PERCENT = 75;
/** Autoscaling begins at 60; AWS says to act at 85. */
const BROKER_PERCENT = 80;
/** AWS renews its own 60 days before the end, and gives up silently when it cannot. */
const CERTIFICATE_DAYS = 30;

/** Of those servers that this deployment made; the others have owners who watch them. */
export function ofServers(settings: Settings, observed: Observed): Alarm[] {
  const { postgresInstanceId: instance, kafkaClusterName, redisNodes, certificateArn } = observed;
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
    ...(kafkaClusterName === null ? [] : ofBrokers(settings, kafkaClusterName)),
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

function ofBrokers({ kafkaBrokers }: Settings, clusterName: string): Alarm[] {
  return Array.from({ length: kafkaBrokers }, (_, index) => ({
    id: `kafka-storage-${index + 1}`,
    says: `Over ${BROKER_PERCENT} % of the disk of a broker is used; full, it takes no message.`,
    runbook: 'kafka-is-nearly-full',
    metrics: { used: brokerDisk(clusterName, index + 1) },
    when: 'above',
    threshold: BROKER_PERCENT,
    periodSeconds: MINUTES_5,
    periods: 1,
  }));
}
