/** A gateway of real processes for one test: its own database, topics, secrets and ports. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { runRole, startRole } from '../../scripts/servers/child-process.ts';
import type { ManagedProcess } from '../../scripts/servers/managed-process.ts';
import { freePort } from '../../scripts/servers/ports.ts';
import { productionEnvironment } from '../../scripts/servers/role-environment.ts';
import { hashApiKey, newApiKey, shownPrefix } from '../../src/adapters/crypto/api-keys.ts';
import { makeMerchantStore } from '../../src/adapters/postgres/merchants.ts';
import { withAdmin } from '../support/kafka.ts';
import { call, controlOf } from '../support/simulators.ts';
import { makeCanaries } from './canaries.ts';
import { makeLogBook } from './log-book.ts';

export interface Addresses {
  redisUrl: string;
  kafkaBrokers: string;
  databaseUrl: string;
}

export interface FleetOptions {
  servers: Addresses;
  /** Copies of each role. @default 2 */
  apis?: number;
  /** @default 1 */
  workers?: number;
  /** Settings over the fleet's own. */
  env?: Record<string, string>;
}

export interface Role {
  readonly label: string;
  /** Public address of an api, ops address of a worker. */
  readonly url: string;
  readonly process: ManagedProcess;
}

export type Fleet = Awaited<ReturnType<typeof startFleet>>;

/**
 * Short enough that a test sees a lease end and a grace pass, in the order that the configuration asks for. The
 * breakers stay out of the way: bad weather is made by killing processes here, not by the provider.
 */
const TIMING = {
  PROVIDER_CONNECT_MS: '500',
  PROVIDER_TOTAL_MS: '1500',
  HANDLER_MS: '3000',
  LEASE_MS: '5000',
  GRACE_MS: '1000',
  FIRST_STATUS_QUERY_MS: '200',
  STATUS_DELAYS_MS: '300,500,1000',
  SIM_SETTLE_MS: '200',
  DATABASE_STATEMENT_TIMEOUT_MS: '2000',
  BREAKER_VOLUME: '1000000',
  DRAIN_MS: '10000',
  KAFKA_SESSION_MS: '6000',
  KAFKA_PARTITIONS: '6',
};

export function testServers(): Addresses {
  const read = (name: string) => {
    const value = process.env[name];
    if (!value) throw new Error(`${name} is not set: run the tests with \`npm test\``);
    return value;
  };
  return {
    redisUrl: read('TEST_REDIS_URL'),
    kafkaBrokers: read('TEST_KAFKA_BROKERS'),
    databaseUrl: read('TEST_DATABASE_URL'),
  };
}

export async function startFleet({ servers, apis = 2, workers = 1, env: own }: FleetOptions) {
  await using starting = new AsyncDisposableStack();
  let stack: AsyncDisposableStack = starting;
  const name = `weather_${randomBytes(6).toString('hex')}`;
  const database = await createDatabase(servers.databaseUrl, name);
  stack.defer(() => database.drop());
  const [simPort, ...apiPorts] = await distinctPorts(1 + apis);
  const brokers = servers.kafkaBrokers.split(',');
  const env: Record<string, string> = {
    ...productionEnvironment({
      servers: { ...servers, databaseUrl: database.url },
      simPort: simPort as number,
      publicUrl: `http://127.0.0.1:${apiPorts[0]}`,
    }),
    NODE_ENV: 'test',
    LOG_LEVEL: 'debug',
    KAFKA_TOPIC_PREFIX: name,
    ...TIMING,
    ...own,
  };
  const logs = makeLogBook();
  stack.defer(() => logs.close(name));
  const canaries = makeCanaries(env);
  let started = 0;

  const start = async (role: string, port: number, over: Record<string, string> = {}) => {
    started += 1;
    const label = `${role}-${started}`;
    const onLine = logs.open(label);
    const opsPort = String(await freePort());
    const ports: Record<string, string> =
      role === 'worker' ? { OPS_PORT: String(port) } : { PORT: String(port), OPS_PORT: opsPort };
    const managed = await startRole(role, { ...env, ...ports, ...over }, { onLine });
    stack.defer(async () => {
      await managed.stop();
    });
    return { label, url: `http://127.0.0.1:${port}`, process: managed } satisfies Role;
  };
  const run = async (role: string, ...args: string[]) => {
    const onLine = logs.open(role);
    return await runRole(role, env, { args, onLine });
  };

  stack.defer(() => deleteTopics(brokers, name));
  const [simulators, migrated] = await Promise.all([
    start('simulators', simPort as number),
    run('migrate'),
  ]);
  if (migrated.code !== 0) throw new Error(`migrate failed:\n${migrated.output}`);
  const startWorker = async (over?: Record<string, string>) =>
    start('worker', await freePort(), over);
  const startApi = async (over?: Record<string, string>, port?: number) =>
    start('api', port ?? (await freePort()), over);
  const [apiRoles, workerRoles] = await Promise.all([
    Promise.all(apiPorts.map((port) => startApi({}, port))),
    Promise.all(Array.from({ length: workers }, () => startWorker())),
  ]);
  const merchant = await createMerchant(database.pool, env.API_KEY_PEPPER as string);
  const authorization = `Bearer ${merchant.key}`;
  canaries.add(merchant.key);

  stack = starting.move();
  return {
    name,
    env,
    pool: database.pool,
    simulators,
    simulatorsUrl: simulators.url,
    control: controlOf({ url: simulators.url }),
    apis: apiRoles,
    workers: workerRoles,
    startApi,
    startWorker,
    /** Runs a role that ends by itself. */
    run,
    authorization,
    merchantId: merchant.id,
    brokers,
    topic: (plain: string) => `${name}.${plain}`,
    get: (path: string, api = apiRoles[0] as Role) =>
      call(`${api.url}${path}`, { headers: { authorization } }),
    logs,
    canaries,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function distinctPorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

async function createDatabase(serverUrl: string, name: string) {
  const admin = async (statement: string) => {
    const client = new pg.Client({ connectionString: serverUrl });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await admin(`create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 4 });
  // A server that a test kills ends idle connections too.
  pool.on('error', () => undefined);
  return {
    url: url.href,
    pool,
    async drop() {
      await pool.end();
      await admin(`drop database ${name} with (force)`);
    },
  };
}

async function createMerchant(pool: pg.Pool, pepper: string) {
  const merchants = makeMerchantStore(pool);
  const id = `m-${randomBytes(6).toString('hex')}`;
  const key = newApiKey();
  await merchants.createMerchant(id, id, 'test');
  const keyHash = hashApiKey(Buffer.from(pepper), key);
  const scopes = ['payments:write', 'payments:read'];
  const record = { id: `key-${id}`, merchantId: id, prefix: shownPrefix(key), keyHash, scopes };
  await merchants.addKey(record, 'test');
  return { id, key };
}

async function deleteTopics(brokers: string[], prefix: string): Promise<void> {
  await withAdmin(brokers, async (admin) => {
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(`${prefix}.`));
    if (topics.length > 0) await admin.deleteTopics({ topics });
  });
}
