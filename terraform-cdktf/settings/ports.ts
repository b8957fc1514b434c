/** Ports follow from the settings; the security groups and the services must agree on them. */
import type { Settings } from './schema.ts';

/** What the image listens on. */
const API = 8_080;
const SIMULATORS = 9_100;
/** Of api and worker: in no target group, and open to operators alone. */
export const OPS_PORT = 9_090;
/** MSK's port for TLS with SCRAM. */
const KAFKA_SCRAM = 9_096;

export interface Ports {
  api: number;
  simulators: number;
  postgres: number;
  redis: number;
  kafka: readonly number[];
}

export function portsOf(settings: Settings): Ports {
  return {
    api: API,
    simulators: SIMULATORS,
    postgres: settings.existingPostgresHost === null ? 5_432 : settings.existingPostgresPort,
    redis: settings.existingRedisHost === null ? 6_379 : settings.existingRedisPort,
    kafka: kafkaPorts(settings),
  };
}

function kafkaPorts({ existingKafkaBrokers }: Settings): readonly number[] {
  if (existingKafkaBrokers === null) return [KAFKA_SCRAM];
  return [...new Set(existingKafkaBrokers.split(',').map((each) => Number(each.split(':')[1])))];
}

/** A certificate makes HTTPS; a domain makes a certificate. */
export function isHttps({ domain, existingCertificateArn }: Settings): boolean {
  return domain !== null || existingCertificateArn !== null;
}
