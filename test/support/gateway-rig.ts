/** A whole gateway for a component test: simulators over HTTP, real servers, api and worker in-process. */
import { randomBytes } from 'node:crypto';
import { PROVIDERS } from '../../providers/index.ts';
import { freePort } from '../../scripts/servers/ports.ts';
import { hashApiKey, newApiKey, shownPrefix } from '../../src/adapters/crypto/api-keys.ts';
import { makeEmbeddedEventBus } from '../../src/adapters/embedded-bus/event-bus.ts';
import { makeMerchantStore } from '../../src/adapters/postgres/merchants.ts';
import { startApi } from '../../src/api.ts';
import type { ProcessParts, RunningRole } from '../../src/composition/process.ts';
import { simulatorsOptions } from '../../src/composition/simulators.ts';
import { DEMO_SECRETS, demoProviderSettings } from '../../src/config/demo-values.ts';
import { loadConfig, type Role } from '../../src/config.ts';
import type { Logger } from '../../src/domain/telemetry.ts';
import { makeMetrics } from '../../src/metrics.ts';
import { type RunningSimulators, startSimulators } from '../../src/simulators.ts';
import { systemClock, systemIds } from '../../src/system.ts';
import { startWorker } from '../../src/worker.ts';
import { makeTestDatabase, silentLogger, type TestDatabase } from './database.ts';
import { type Answer, call, controlOf } from './simulators.ts';

export interface RigOptions {
  /** Copies of the api. @default 1 */
  apis?: number;
  /** @default true */
  worker?: boolean;
  /** Address, or null for none. @default the test server's */
  redisUrl?: string | null;
  /** What the api and worker connect to instead of the database itself: a proxy in front of it. */
  databaseUrl?(url: string): Promise<string>;
  /** Settings over the rig's own. */
  env?: Record<string, string>;
  logger?: Logger;
}

export interface PayOptions {
  key?: string;
  api?: number;
  body?: Record<string, unknown>;
  headers?: Record<string, string>;
}

export interface Rig extends AsyncDisposable {
  apis: readonly RunningRole[];
  worker: RunningRole | null;
  simulators: RunningSimulators;
  control: ReturnType<typeof controlOf>;
  database: TestDatabase;
  apiKey: string;
  merchantId: string;
  url(api?: number): string;
  ops(api?: number): string;
  /** `POST /v1/pay` of 20.00 ZMW from an Airtel wallet, unless it is told otherwise. */
  pay(options?: PayOptions): Promise<Answer>;
  get(path: string, api?: number): Promise<Answer>;
  /** A merchant of its own with a working key. */
  newMerchant(): Promise<{ id: string; key: string }>;
  /** Roles may be started and stopped by a test; the rig closes what is left. */
  startApi(): Promise<RunningRole>;
  startWorker(): Promise<RunningRole>;
}

export const AIRTEL_WALLET = '+260971234567';
export const MTN_WALLET = '+260961234567';

export function newKey(): string {
  return `key-${randomBytes(8).toString('hex')}`;
}

export async function startRig(options: RigOptions = {}): Promise<Rig> {
  await using stack = new AsyncDisposableStack();
  const { redisUrl = process.env.TEST_REDIS_URL ?? null, logger = silentLogger } = options;
  const database = stack.use(await makeTestDatabase());
  const simPort = await freePort();
  const apiPorts = await Promise.all(Array.from({ length: options.apis ?? 1 }, freePort));
  const databaseUrl = (await options.databaseUrl?.(database.url)) ?? database.url;

  const base = {
    ...DEMO_SECRETS,
    ...demoProviderSettings(simPort),
    TIMING_PROFILE: 'demo',
    HOST: '127.0.0.1',
    OPS_PORT: '0',
    SIM_PORT: String(simPort),
    SIM_SETTLE_MS: '50',
    FIRST_STATUS_QUERY_MS: '100',
    PUBLIC_URL: `http://127.0.0.1:${apiPorts[0]}`,
    DATABASE_URL: databaseUrl,
    KAFKA_BROKERS: 'unused:9092',
    ...(redisUrl !== null && { REDIS_URL: redisUrl }),
    ...options.env,
  };
  const partsOf = (role: Role, port = 0): ProcessParts => ({
    config: loadConfig({ ...base, PORT: String(port) }, { role, providers: PROVIDERS }),
    logger,
    metrics: makeMetrics({ processMetrics: false }),
    clock: systemClock,
    ids: systemIds,
  });
  const own = <T extends { close(): Promise<void> }>(role: T): T => {
    stack.defer(() => role.close());
    return role;
  };

  const simulators = own(await startSimulators(simulatorsOptions(partsOf('simulators'))));
  const startOneWorker = async () => {
    const parts = partsOf('worker');
    const { clock, metrics } = parts;
    const makeBus = (pool: TestDatabase['pool']) =>
      makeEmbeddedEventBus({ pool, clock, logger, metrics });
    return own(await startWorker(parts, { makeBus }));
  };
  const worker = options.worker === false ? null : await startOneWorker();
  const apis = await Promise.all(
    apiPorts.map(async (port) => own(await startApi(partsOf('api', port)))),
  );

  const merchants = makeMerchantStore(database.pool);
  const newMerchant = async () => {
    const id = `m-${randomBytes(6).toString('hex')}`;
    const key = newApiKey();
    const keyHash = hashApiKey(Buffer.from(DEMO_SECRETS.API_KEY_PEPPER), key);
    await merchants.createMerchant(id, id, 'test');
    const scopes = ['payments:write', 'payments:read'];
    const record = { id: `key-${id}`, merchantId: id, prefix: shownPrefix(key), keyHash, scopes };
    await merchants.addKey(record, 'test');
    return { id, key };
  };
  const merchant = await newMerchant();
  const url = (api = 0) => `http://127.0.0.1:${apiPorts[api]}`;
  const authorization = `Bearer ${merchant.key}`;
  const owned = stack.move();
  return {
    apis,
    worker,
    simulators,
    control: controlOf(simulators),
    database,
    apiKey: merchant.key,
    merchantId: merchant.id,
    url,
    ops: (api = 0) => apis[api]?.urls.ops as string,
    pay: ({ key = newKey(), api = 0, body, headers } = {}) =>
      call(`${url(api)}/v1/pay`, {
        method: 'POST',
        headers: {
          authorization,
          'content-type': 'application/json',
          'idempotency-key': key,
          ...headers,
        },
        body: JSON.stringify({
          amount: '20.00',
          currency: 'ZMW',
          payer: { msisdn: AIRTEL_WALLET },
          ...body,
        }),
      }),
    get: (path, api = 0) => call(`${url(api)}${path}`, { headers: { authorization } }),
    newMerchant,
    startApi: async () => own(await startApi(partsOf('api'))),
    startWorker: startOneWorker,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
