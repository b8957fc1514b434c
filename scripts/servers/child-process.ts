import { get } from 'node:http';
import { join } from 'node:path';
import { type ManagedProcess, type ProcessExit, startProcess } from './managed-process.ts';
import { cacheFolder, repositoryRoot } from './paths.ts';

export type { ManagedProcess as RoleProcess } from './managed-process.ts';

export interface RoleOptions {
  /** Words after the role: `['merchant', 'create']` of `admin`. */
  args?: readonly string[];
  /** Answers 200 once the role serves. @default by role and its port variable, see `READY` */
  readyUrl?: string;
  /** @default 30,000 */
  readyTimeoutMs?: number;
  /** After this a stop becomes a SIGKILL. @default 20,000, above the demo profile's drain */
  stopTimeoutMs?: number;
  /** The tree whose `src/main.ts` is run: another version's, for instance. @default the repository's root */
  root?: string | undefined;
  /** @default the tree's root; a role keeps `.data` here */
  cwd?: string;
  onLine?: (line: string) => void;
}

/** Where each role says that it serves: the variable of its port, that port's default, the path. */
const READY: Record<string, [variable: string, port: string, path: string]> = {
  api: ['PORT', '8080', '/healthz'],
  dev: ['PORT', '8080', '/healthz'],
  worker: ['OPS_PORT', '9090', '/readyz'],
  simulators: ['SIM_PORT', '9100', '/control/charges'],
};

/**
 * What a role inherits from us. Nothing else: a DATABASE_URL of the person at the terminal must not
 * reach a test's role, and a test runner's own variables change how Node starts.
 */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'NODE_V8_COVERAGE', 'NODE_EXTRA_CA_CERTS'];

/** Compiling is most of a role's start, and tests start many. */
const COMPILED = { NODE_COMPILE_CACHE: join(cacheFolder, 'compiled') };

/**
 * Starts `node src/main.ts <role>` with exactly the environment given, and waits until it serves.
 * Several copies may run; each is killed, paused or stopped by its own handle.
 */
export async function startRole(
  role: string,
  env: Readonly<Record<string, string>>,
  options: RoleOptions = {},
): Promise<ManagedProcess> {
  const readyUrl = options.readyUrl ?? defaultReadyUrl(role, env);
  return startProcess({
    name: role,
    ...command(role, env, options),
    ...(readyUrl && { ready: () => answersOk(readyUrl) }),
    ...(options.readyTimeoutMs && { readyTimeoutMs: options.readyTimeoutMs }),
    stopTimeoutMs: options.stopTimeoutMs ?? 20_000,
    ...(options.onLine && { onLine: options.onLine }),
  });
}

export interface RoleResult extends ProcessExit {
  /** Both streams, line by line. */
  output: string;
}

/** Runs a role that ends by itself (`migrate`, `admin …`, `verify`) to its end, whatever its exit code. */
export async function runRole(
  role: string,
  env: Readonly<Record<string, string>>,
  options: RoleOptions & { /** @default 60,000 */ timeoutMs?: number } = {},
): Promise<RoleResult> {
  const managed = await startProcess({
    name: role,
    ...command(role, env, options),
    ...(options.onLine && { onLine: options.onLine }),
  });
  const limitMs = options.timeoutMs ?? 60_000;
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    void managed.kill();
  }, limitMs);
  const exit = await managed.exited;
  clearTimeout(limit);
  const output = managed.output();
  if (late) throw new Error(`${role} took longer than ${limitMs} ms:\n${output}`);
  return { ...exit, output };
}

function command(role: string, env: Readonly<Record<string, string>>, options: RoleOptions) {
  const { root = repositoryRoot } = options;
  const inherited = INHERITED.map((name) => [name, process.env[name]] as const);
  return {
    command: process.execPath,
    args: [join(root, 'src', 'main.ts'), role, ...(options.args ?? [])],
    env: {
      ...COMPILED,
      ...Object.fromEntries(inherited.filter(([, value]) => value !== undefined)),
      ...env,
    },
    cwd: options.cwd ?? root,
  };
}

function defaultReadyUrl(role: string, env: Readonly<Record<string, string>>): string | undefined {
  const ready = READY[role];
  if (!ready) return undefined;
  const [variable, port, path] = ready;
  return `http://127.0.0.1:${env[variable] ?? port}${path}`;
}

/** On a connection of its own, so that nothing of it stays behind in the pool of a test's `fetch`. */
async function answersOk(url: string): Promise<void> {
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const request = get(url, { agent: false, timeout: 1000 }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.once('timeout', () => request.destroy(new Error('timed out')));
    request.once('error', reject);
  });
  if (status !== 200) throw new Error(`${url} answered ${status}`);
}
