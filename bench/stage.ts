/** What every figure plays on: real servers, simulators, and books (a database) for each act. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { imageEnvironment } from '../scripts/image/environment.ts';
import { type RoleProcess, runRole, startRole } from '../scripts/servers/child-process.ts';
import { freePort } from '../scripts/servers/ports.ts';
import { createMerchantKey, demoEnvironment } from '../scripts/servers/role-environment.ts';
import { type Servers, startServers } from '../scripts/servers/start-servers.ts';
import type { LoadSpec } from './load/load-spec.ts';
import { startReference } from './processes.ts';

export type Settings = Readonly<Record<string, string>>;

export interface Endpoint {
  host: string;
  port: number;
  process: RoleProcess;
}

/** A database with a merchant, and what the simulators believe since it was opened. */
export interface Books {
  databaseUrl: string;
  apiKey: string;
  pool: pg.Pool;
  startApi(settings?: Settings): Promise<Endpoint>;
  startWorker(settings?: Settings): Promise<RoleProcess>;
  /** Every book against every other, the simulators' charges too; throws with the list of what differs. */
  verify(): Promise<void>;
}

export interface Stage {
  servers: Servers;
  openBooks(): Promise<Books>;
  startBareExpress(status: number, answer: unknown): Promise<Endpoint>;
  startNaiveFloor(): Promise<Endpoint>;
  /** The simulators' only rules from now on. */
  setFaults(rules: readonly Settings[]): Promise<void>;
  simulators: RoleProcess;
  /** Where the simulators call back: an api that is to hear it listens here. */
  publicPort: number;
}

/** The providers call nobody back. */
export const NO_CALLBACKS: readonly Settings[] = ['MTN', 'AIRTEL'].map((provider) => ({
  provider,
  operation: 'callback',
  fault: 'none',
}));

const HOST = '127.0.0.1';
const VERIFY_LIMIT_MS = 10 * 60_000;

/** The same for every role: nothing here is faster than a deployment could have it. */
const COMMON: Settings = {
  SEED_DIALECT: 'false',
  LOG_LEVEL: 'info',
  // The largest that there is: the limiter counts every request and refuses none.
  RATE_LIMIT_MERCHANT_PER_MIN: '1000000000',
  SIM_SETTLE_MS: '0',
  ...imageEnvironment(),
};

/** Charges in the reference's own simulators are not compared with our books. */
export async function openStage(
  stack: AsyncDisposableStack,
  log: (line: string) => void,
): Promise<Stage> {
  const servers = stack.use(await startServers({ redis: true, kafka: true, postgres: true, log }));
  await exactCommitTimes(servers);
  const [simPort, floorSimPort, publicPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const publicUrl = `http://${HOST}:${publicPort}`;
  const demo = { ...demoEnvironment({ servers, simPort, publicUrl }), ...COMMON };
  const start = async (role: string, env: Settings) => {
    const process = await startRole(role, env);
    stack.defer(async () => void (await process.stop()));
    return process;
  };
  const { PUBLIC_URL: _, ...withoutCallbacks } = demo;
  const simulators = await start('simulators', demo);
  await start('simulators', { ...withoutCallbacks, SIM_PORT: String(floorSimPort) });
  const control = (method: string, path: string, body?: unknown) =>
    callControl(simPort, method, path, body);

  return {
    servers,
    simulators,
    publicPort,
    async setFaults(rules) {
      await control('PUT', '/control/faults', { rules });
    },
    async openBooks() {
      await control('POST', '/control/reset');
      const databaseUrl = await createDatabase(servers.databaseUrl);
      const env = { ...demo, DATABASE_URL: databaseUrl };
      await runToEnd('migrate', env);
      const apiKey = await createMerchantKey((...args) => runToEnd('admin', env, args), 'bench');
      const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
      stack.defer(() => pool.end());
      return {
        databaseUrl,
        apiKey,
        pool,
        async startApi(settings = {}) {
          const port = settings.PORT === undefined ? await freePort() : Number(settings.PORT);
          const ports = { PORT: String(port), OPS_PORT: String(await freePort()) };
          const process = await start('api', { ...env, ...ports, ...settings });
          return { host: HOST, port, process };
        },
        async startWorker(settings = {}) {
          return start('worker', { ...env, OPS_PORT: String(await freePort()), ...settings });
        },
        async verify() {
          const args = ['--simulators', `http://${HOST}:${simPort}`];
          await runToEnd('verify', env, args, VERIFY_LIMIT_MS);
        },
      };
    },
    async startBareExpress(status, answer) {
      const env = { STATUS: String(status), ANSWER: JSON.stringify(answer) };
      return reference('bare-express.ts', env, stack);
    },
    async startNaiveFloor() {
      const env = {
        DATABASE_URL: await createDatabase(servers.databaseUrl),
        REDIS_URL: servers.redisUrl,
        AIRTEL_BASE_URL: `http://${HOST}:${floorSimPort}/airtel`,
        CLIENT_ID: demo.AIRTEL_CLIENT_ID ?? '',
        CLIENT_SECRET: demo.AIRTEL_CLIENT_SECRET ?? '',
      };
      return reference('naive-floor.ts', env, stack);
    },
  };
}

/** What a load needs to know about where it goes. */
export function target({ host, port }: Endpoint, { apiKey }: Pick<Books, 'apiKey'>) {
  const run = randomBytes(6).toString('hex');
  return { host, port, apiKey, run } satisfies Partial<LoadSpec>;
}

async function reference(
  file: string,
  env: Settings,
  stack: AsyncDisposableStack,
): Promise<Endpoint> {
  const port = await freePort();
  const process = await startReference(file, { ...env, PORT: String(port) });
  stack.defer(async () => void (await process.stop()));
  return { host: HOST, port, process };
}

/** So that "when did this row become visible" has an exact answer: the time of its commit. */
async function exactCommitTimes({ postgres, databaseUrl }: Servers): Promise<void> {
  await query(databaseUrl, 'alter system set track_commit_timestamp = on');
  await postgres.restart();
}

async function createDatabase(serverUrl: string): Promise<string> {
  const name = `bench_${randomBytes(6).toString('hex')}`;
  await query(serverUrl, `create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

async function runToEnd(
  role: string,
  env: Settings,
  args: string[] = [],
  timeoutMs = 60_000,
): Promise<string> {
  const { code, output } = await runRole(role, env, { args, timeoutMs });
  if (code !== 0) throw new Error(`${role} ${args.join(' ')} exited with ${code}:\n${output}`);
  return output;
}

async function callControl(port: number, method: string, path: string, body?: unknown) {
  const response = await fetch(`http://${HOST}:${port}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
}
