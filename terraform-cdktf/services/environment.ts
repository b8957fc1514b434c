/** What every role is told besides its servers. Anything secret is in `secrets`, never here. */
import { DATABASE_POOL_MAX, KAFKA_PARTITIONS } from '../settings/limits.ts';
import { isHttps } from '../settings/ports.ts';
import type { Settings } from '../settings/schema.ts';
import type { Access, Edge } from '../stacks/parts.ts';
import {
  DEREGISTRATION_SECONDS,
  DRAIN_SECONDS,
  IDLE_SECONDS,
  KEEP_ALIVE_SECONDS,
  STOP_TIMEOUT_SECONDS,
} from './timing.ts';

export type Environment = Readonly<Record<string, string>>;
export type Grants = Pick<Access, 'environment' | 'secrets'>;

const milliseconds = (seconds: number) => String(seconds * 1_000);

export function commonEnvironment(settings: Settings, edge: Edge): Environment {
  return {
    NODE_ENV: 'production',
    TIMING_PROFILE: settings.timingProfile,
    SEED_DIALECT: String(settings.seedDialect),
    EMF_ENVIRONMENT: settings.name,
    ...(settings.failover !== null && { FAILOVER: settings.failover }),
    DATABASE_POOL_MAX: String(DATABASE_POOL_MAX),
    KAFKA_MIN_REPLICATION: String(settings.kafkaMinReplication),
    KAFKA_PARTITIONS: String(KAFKA_PARTITIONS),
    TRUSTED_PROXY_HOPS: '1',
    LOAD_BALANCER_IDLE_MS: milliseconds(IDLE_SECONDS),
    KEEP_ALIVE_MS: milliseconds(KEEP_ALIVE_SECONDS),
    DEREGISTRATION_DELAY_MS: milliseconds(DEREGISTRATION_SECONDS),
    DRAIN_MS: milliseconds(DRAIN_SECONDS),
    STOP_TIMEOUT_MS: milliseconds(STOP_TIMEOUT_SECONDS),
    // Without HTTPS only listed addresses get in, which no provider is: then status queries alone
    // find the outcome, and nobody is asked for callbacks that cannot arrive.
    ...(isHttps(settings) && { PUBLIC_URL: edge.endpoint }),
  };
}

/** Several grants as one: of what is given, only the named secrets. */
export function merge(...grants: readonly Grants[]): Grants {
  return {
    environment: Object.assign({}, ...grants.map(({ environment }) => environment)),
    secrets: Object.assign({}, ...grants.map(({ secrets }) => secrets)),
  };
}

export function without(access: Access, ...names: readonly string[]): Access {
  const kept = Object.entries(access.secrets).filter(([name]) => !names.includes(name));
  return { ...access, secrets: Object.fromEntries(kept) };
}
