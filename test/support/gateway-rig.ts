/** A whole gateway for a component test: simulators over HTTP, real servers, api and worker in-process. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Writable } from 'node:stream';
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
import type { Attempt } from '../../src/domain/payment.ts';
import type { Clock } from '../../src/domain/ports.ts';
import type { Logger } from '../../src/domain/telemetry.ts';
import { makeMetrics } from '../../src/metrics.ts';
import {
  type RunningSimulators,
  type SimulatorsOptions,
  startSimulators,
} from '../../src/simulators.ts';
import { systemClock, systemIds } from '../../src/system.ts';
import { startWorker } from '../../src/worker.ts';
import { makeTestDatabase, silentLogger, type TestDatabase } from './database.ts';
import { eventually } from './eventually.ts';
import { type ApiCopy, type GatewayClient, makeGatewayClient } from './gateway-client.ts';
import { type Answer, type ControlledCharge, call, controlOf } from './simulators.ts';

export { AIRTEL_WALLET, MTN_WALLET, newKey } from './gateway-client.ts';

/**
 * As short as a busy machine allows, and in the order that the deadlines need: an outcome that no answer
 * tells is known some five seconds after its dispatch.
 */
export const SHORT_TIMINGS = {
  PROVIDER_CONNECT_MS: '500',
  PROVIDER_TOTAL_MS: '1500',
  HANDLER_MS: '3000',
  DATABASE_STATEMENT_TIMEOUT_MS: '1000',
  LEASE_MS: '5000',
  GRACE_MS: '300',
  STATUS_DELAYS_MS: '100,200,300',
  // No test of one provider's faults shall meet its breaker.
  BREAKER_VOLUME: '100000',
};

export interface RigOptions {
  /** Copies of the api. @default 1 */
  apis?: number;
  /** @default true */
  worker?: boolean;
  /** Address, or null for none. @default the test server's */
  redisUrl?: string | null;
  /** What the api and worker connect to instead of the database itself: a proxy in front of it. */
  databaseUrl?(url: string): Promise<string>;
  /** The bus, which stands in for Kafka, connects as the database's owner, whatever the worker does. @default false */
  busOfOwner?: boolean;
  /** Where the adapters find the simulators: a proxy in front of them. */
  providersUrl?(url: string): Promise<string>;
  simulators?: Partial<SimulatorsOptions>;
  /** Settings over the rig's own. */
  env?: Record<string, string>;
  /** Of the api and worker. */
  clock?: Clock;
  logger?: Logger;
  /** Of the api and worker. @default their own */
  output?: Writable;
}

/** Every answer that `pay`, `get` and `send` bring is held against the API's description. */
export interface Rig extends GatewayClient, AsyncDisposable {
  apis: readonly RunningRole[];
  worker: RunningRole | null;
  simulators: RunningSimulators;
  control: ReturnType<typeof controlOf>;
  database: TestDatabase;
  apiKey: string;
  merchantId: string;
  url(api?: ApiCopy): string;
  ops(api?: number): string;
  /** Waits until the payment of an answer has this status, and gives it as it is then. */
  settled(answer: Answer, status: string, timeoutMs?: number): Promise<Answer['json']>;
  /** What the provider itself took for the payment of an answer. */
  chargesOf(answer: Answer): Promise<ControlledCharge[]>;
  /** A merchant of its own with a working key. */
  newMerchant(scopes?: string[]): Promise<{ id: string; key: string }>;
  /** Roles may be started and stopped by a test, with settings over the rig's; the rig closes what is left. */
  startApi(env?: Record<string, string>): Promise<RunningRole>;
  startWorker(): Promise<RunningRole>;
}

export async function startRig(options: RigOptions = {}): Promise<Rig> {
  await using stack = new AsyncDisposableStack();
  let owner: AsyncDisposableStack = stack;
  const { redisUrl = process.env.TEST_REDIS_URL ?? null, logger = silentLogger } = options;
  const { clock = systemClock } = options;
  const database = stack.use(await makeTestDatabase());
  const simPort = await freePort();
  const apiPorts = await Promise.all(Array.from({ length: options.apis ?? 1 }, freePort));
  const databaseUrl = (await options.databaseUrl?.(database.url)) ?? database.url;
  const providersUrl = await options.providersUrl?.(`http://127.0.0.1:${simPort}`);

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
    ...(providersUrl !== undefined && {
      MTN_BASE_URL: `${providersUrl}/mtn`,
      AIRTEL_BASE_URL: `${providersUrl}/airtel`,
    }),
    ...options.env,
  };
  const partsOf = (role: Role, port = 0, env: Record<string, string> = {}): ProcessParts => ({
    config: loadConfig({ ...base, PORT: String(port), ...env }, { role, providers: PROVIDERS }),
    logger,
    metrics: makeMetrics({ processMetrics: false }),
    clock,
    ids: systemIds,
    output: options.output,
  });
  const own = <T extends { close(): Promise<void> }>(role: T): T => {
    owner.defer(() => role.close());
    return role;
  };

  const simulators = own(
    await startSimulators({ ...simulatorsOptions(partsOf('simulators')), ...options.simulators }),
  );
  const startOneWorker = async () => {
    const parts = partsOf('worker');
    const { metrics } = parts;
    const makeBus = (pool: TestDatabase['pool']) =>
      makeEmbeddedEventBus({
        pool: options.busOfOwner ? database.pool : pool,
        clock,
        logger,
        metrics,
      });
    return own(await startWorker(parts, { makeBus }));
  };
  const worker = options.worker === false ? null : await startOneWorker();
  const apis = await Promise.all(
    apiPorts.map(async (port) => own(await startApi(partsOf('api', port)))),
  );

  const merchants = makeMerchantStore(database.pool);
  const newMerchant = async (scopes = ['payments:write', 'payments:read']) => {
    const id = `m-${randomBytes(6).toString('hex')}`;
    const key = newApiKey();
    const keyHash = hashApiKey(Buffer.from(DEMO_SECRETS.API_KEY_PEPPER), key);
    await merchants.createMerchant(id, id, 'test');
    const record = { id: `key-${id}`, merchantId: id, prefix: shownPrefix(key), keyHash, scopes };
    await merchants.addKey(record, 'test');
    return { id, key };
  };
  const merchant = await newMerchant();
  const url = (api: ApiCopy = 0) =>
    typeof api === 'number' ? `http://127.0.0.1:${apiPorts[api]}` : (api.urls.api as string);
  const { json: document } = await call(`${url()}/openapi.json`);
  const client = makeGatewayClient(url, merchant.key, document);
  const control = controlOf(simulators);
  owner = stack.move();
  return {
    ...client,
    apis,
    worker,
    simulators,
    control,
    database,
    apiKey: merchant.key,
    merchantId: merchant.id,
    url,
    ops: (api = 0) => apis[api]?.urls.ops as string,
    settled: ({ json }, status, timeoutMs = 10_000) =>
      eventually(
        async () => {
          const payment = await client.get(`/v1/payments/${json.id ?? json.paymentId}`);
          assert.equal(payment.json.status, status);
          return payment.json;
        },
        { timeoutMs, everyMs: 50 },
      ),
    async chargesOf({ json }) {
      const path = `/v1/payments/${json.id ?? json.paymentId}`;
      const attempts = json.attempts ?? (await client.get(path)).json.attempts;
      const references = attempts.map((one: Attempt) => one.providerReference);
      return (await control.charges()).filter(({ reference }) => references.includes(reference));
    },
    newMerchant,
    startApi: async (env) => own(await startApi(partsOf('api', 0, env))),
    startWorker: startOneWorker,
    [Symbol.asyncDispose]: () => owner.disposeAsync(),
  };
}
