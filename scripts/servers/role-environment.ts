import { randomBytes, randomUUID } from 'node:crypto';
import { DEMO_SECRETS, demoProviderSettings } from '../../src/config/demo-values.ts';
import type { Servers } from './start-servers.ts';

export type RoleEnvironment = Readonly<Record<string, string>>;

export interface RoleEnvironmentOptions {
  servers: Pick<Servers, 'redisUrl' | 'kafkaBrokers' | 'databaseUrl'>;
  /** Where the simulators listen on this machine; both providers' base URLs point there. */
  simPort: number;
  /** Where the providers find our public API, for callbacks. */
  publicUrl: string;
}

/** What every role is told, with the demo values of all secrets. Ports are for the caller to add. */
export function demoEnvironment({
  servers,
  simPort,
  publicUrl,
}: RoleEnvironmentOptions): RoleEnvironment {
  return {
    NODE_ENV: 'development',
    TIMING_PROFILE: 'demo',
    SEED_DIALECT: 'true',
    HOST: '127.0.0.1',
    DATABASE_URL: servers.databaseUrl,
    REDIS_URL: servers.redisUrl,
    KAFKA_BROKERS: servers.kafkaBrokers,
    SIM_PORT: String(simPort),
    PUBLIC_URL: publicUrl,
    ...DEMO_SECRETS,
    ...demoProviderSettings(simPort),
  };
}

/** The same as production would have it: secrets of its own, which the demo values' check lets pass. */
export function productionEnvironment(options: RoleEnvironmentOptions): RoleEnvironment {
  const secret = () => randomBytes(32).toString('base64url');
  return {
    ...demoEnvironment(options),
    NODE_ENV: 'production',
    SEED_DIALECT: 'false',
    REFERENCE_SECRET: secret(),
    API_KEY_PEPPER: secret(),
    BLIND_INDEX_KEY: secret(),
    ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    MTN_SUBSCRIPTION_KEY: secret(),
    MTN_API_USER: randomUUID(),
    MTN_API_KEY: secret(),
    AIRTEL_CLIENT_ID: secret(),
    AIRTEL_CLIENT_SECRET: secret(),
    AIRTEL_CALLBACK_KEY: secret(),
    // One broker here; production wants three copies of everything.
    KAFKA_MIN_REPLICATION: '1',
  };
}

/** Runs `admin` with these words to its end and resolves to what it printed. */
export type RunAdmin = (...args: string[]) => Promise<string>;

/** A merchant and a key that may do everything a merchant may; resolves to the key. */
export async function createMerchantKey(runAdmin: RunAdmin, merchantId: string): Promise<string> {
  await runAdmin('merchant', 'create', merchantId);
  const output = await runAdmin('key', 'create', merchantId);
  const key = /^pga_\S{32,}$/m.exec(output)?.[0];
  if (!key) throw new Error(`admin key create printed no key:\n${output}`);
  return key;
}
