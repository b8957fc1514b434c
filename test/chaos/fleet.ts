/** A gateway of real processes for one test: its own database, topics, secrets and ports. */
import { randomBytes } from 'node:crypto';
import { type RoleResult, runRole, startRole } from '../../scripts/servers/child-process.ts';
import type { ManagedProcess } from '../../scripts/servers/managed-process.ts';
import { freePort } from '../../scripts/servers/ports.ts';
import { productionEnvironment } from '../../scripts/servers/role-environment.ts';
import { withAdmin } from '../support/kafka.ts';
import { call, controlOf } from '../support/simulators.ts';
import { makeCanaries } from './canaries.ts';
import { createDatabase, createMerchant } from './fleet-database.ts';
import { type LogBook, makeLogBook } from './log-book.ts';

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
  /** At the end they are killed, not asked. @default false */
  abruptEnd?: boolean | undefined;
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

/** A copy that starts while its servers are being harmed, on a busy machine. */
const READY_MS = 90_000;

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

export async function startFleet(options: FleetOptions) {
  const { servers, apis = 2, workers = 1, env: own, abruptEnd = false } = options;
  await using starting = new AsyncDisposableStack();
  const name = `weather_${randomBytes(6).toString('hex')}`;
  const database = starting.use(await createDatabase(servers.databaseUrl, name));
  const simPort = await freePort();
  const firstPort = await freePort();
  const env: Record<string, string> = {
    ...productionEnvironment({
      servers: { ...servers, databaseUrl: database.url },
      simPort,
      publicUrl: `http://127.0.0.1:${firstPort}`,
    }),
    NODE_ENV: 'test',
    LOG_LEVEL: 'debug',
    KAFKA_TOPIC_PREFIX: name,
    ...TIMING,
    ...own,
  };
  const brokers = servers.kafkaBrokers.split(',');
  starting.defer(() => deleteTopics(brokers, name));
  const logs = makeLogBook();
  starting.defer(() => logs.close(name));
  const processes = starting.use(makeProcesses(env, logs, abruptEnd));
  const { run, runOf, startApi, startWorker } = processes;

  const [simulators, migrated] = await Promise.all([
    processes.startSimulators(simPort),
    run('migrate'),
  ]);
  if (migrated.code !== 0) throw new Error(`migrate failed:\n${migrated.output}`);
  const [apiRoles, workerRoles] = await Promise.all([
    Promise.all(Array.from({ length: apis }, (_, i) => startApi({}, i === 0 ? firstPort : 0))),
    Promise.all(Array.from({ length: workers }, () => startWorker())),
  ]);
  const merchant = await createMerchant(database.pool, env.API_KEY_PEPPER as string);
  const authorization = `Bearer ${merchant.key}`;
  const canaries = makeCanaries(env);
  canaries.add(merchant.key);

  const running = starting.move();
  return {
    env,
    pool: database.pool,
    databaseUrl: database.url,
    simulatorsUrl: simulators.url,
    control: controlOf({ url: simulators.url }),
    apis: apiRoles,
    workers: workerRoles,
    startApi,
    startWorker,
    run,
    runOf,
    authorization,
    brokers,
    /** The fleet's own topic of a plain name. */
    topic: (plain: string) => `${name}.${plain}`,
    /** From the first api. */
    get: (path: string) => call(`${apiRoles[0]?.url}${path}`, { headers: { authorization } }),
    logs,
    canaries,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Starts roles, each on ports of its own, and stops what is left of them at the end. */
function makeProcesses(env: Readonly<Record<string, string>>, logs: LogBook, abruptEnd: boolean) {
  const running: ManagedProcess[] = [];
  let started = 0;

  /** Of the present version, unless another one's tree is named. */
  async function start(
    role: string,
    url: string,
    over: Record<string, string>,
    root?: string,
  ): Promise<Role> {
    const label = `${role}-${++started}`;
    const managed = await startRole(
      role,
      { ...env, ...over },
      { root, onLine: logs.open(label), readyTimeoutMs: READY_MS },
    );
    running.push(managed);
    return { label, url, process: managed };
  }

  return {
    startSimulators: (port: number) => start('simulators', `http://127.0.0.1:${port}`, {}),
    /** Port 0: any free one. */
    async startApi(over: Record<string, string> = {}, wanted = 0, root?: string): Promise<Role> {
      const port = wanted === 0 ? await freePort() : wanted;
      const ports = { PORT: String(port), OPS_PORT: String(await freePort()) };
      return await start('api', `http://127.0.0.1:${port}`, { ...ports, ...over }, root);
    },
    async startWorker(over: Record<string, string> = {}, root?: string): Promise<Role> {
      const port = await freePort();
      const ports = { OPS_PORT: String(port), ...over };
      return await start('worker', `http://127.0.0.1:${port}`, ports, root);
    },
    /** Runs a role that ends by itself. */
    run: (role: string, ...args: string[]): Promise<RoleResult> =>
      runRole(role, env, { args, onLine: logs.open(role) }),
    /** The same of another version. */
    runOf: (root: string | undefined, role: string, ...args: string[]): Promise<RoleResult> =>
      runRole(role, env, { root, args, onLine: logs.open(role) }),
    async [Symbol.asyncDispose]() {
      await Promise.all(running.map((one) => (abruptEnd ? one.kill() : one.stop())));
    },
  };
}

async function deleteTopics(brokers: string[], prefix: string): Promise<void> {
  await withAdmin(brokers, async (admin) => {
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(`${prefix}.`));
    if (topics.length > 0) await admin.deleteTopics({ topics });
  });
}
