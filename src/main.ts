/** The executable: role, environment, signals, exit code. */
import { PROVIDERS } from '../providers/index.ts';
import { UsageError } from './admin.ts';
import type { ProcessParts, RunningRole } from './composition/process.ts';
import { ConfigError, loadConfig, ROLES, type Role } from './config.ts';
import { helpFor, welcome } from './help.ts';
import { makeLogger } from './log.ts';
import { makeMetrics } from './metrics.ts';
import { systemClock, systemIds } from './system.ts';

const EXIT_USAGE = 2;
/** After the drain, what still runs is not worth waiting for. */
const EXIT_MARGIN_MS = 5_000;

async function main(args: string[]): Promise<number> {
  const [word, ...rest] = args;
  if (word === undefined || word === '--help' || word === 'help') {
    process.stdout.write(`${helpFor(undefined)}\n`);
    return word === undefined ? EXIT_USAGE : 0;
  }
  const role = ROLES.find((one) => one === word);
  if (role === undefined) throw new UsageError(`no such role: ${word}\n${helpFor(undefined)}`);
  if (rest.includes('--help')) {
    process.stdout.write(`${helpFor(role, rest[0])}\n`);
    return 0;
  }
  await using opened = new AsyncDisposableStack();
  const isCommand = role === 'admin' || role === 'verify';
  const env = isCommand ? await devEnvironment(opened) : process.env;
  const config = loadConfig(env, { role, providers: PROVIDERS });
  const pretty = role === 'dev' && process.stdout.isTTY === true;
  // What a command prints is its answer; what it logs goes beside it.
  const ends = isCommand || role === 'migrate';
  const level = ends ? 'warn' : config.logLevel;
  const stream = ends ? process.stderr : process.stdout;
  const logger = makeLogger({ level, role, pretty, stream });
  opened.defer(() => logger.close());
  const metrics = makeMetrics();
  const parts: ProcessParts = { config, logger, metrics, clock: systemClock, ids: systemIds };
  for (const warning of config.warnings) logger.warn(warning);
  return await run(role, parts, rest);
}

async function devEnvironment(stack: AsyncDisposableStack): Promise<NodeJS.ProcessEnv> {
  const { withDevDatabase } = await import('./composition/dev-database.ts');
  return await withDevDatabase(process.env, stack);
}

async function run(role: Role, parts: ProcessParts, args: string[]): Promise<number> {
  if (role !== 'admin' && role !== 'migrate' && role !== 'verify') return await serve(role, parts);
  const { runAdminCommand, runMigrate, runVerify } = await import('./commands.ts');
  switch (role) {
    case 'admin':
      await runAdminCommand(parts, args);
      return 0;
    case 'migrate':
      await runMigrate(parts, args);
      return 0;
    case 'verify':
      return (await runVerify(parts, args)) ? 0 : 1;
  }
}

/** Each role loads what it needs, and only that: the rest would double its start and its memory. */
const START = {
  api: async (parts: ProcessParts) => (await import('./api.ts')).startApi(parts),
  worker: async (parts: ProcessParts) => (await import('./worker.ts')).startWorker(parts),
  dev: async (parts: ProcessParts) => (await import('./dev.ts')).startDev(parts),
  simulators: async (parts: ProcessParts): Promise<RunningRole> => {
    const { startSimulators } = await import('./simulators.ts');
    const { simulatorsOptions } = await import('./composition/simulators.ts');
    const { url, close } = await startSimulators(simulatorsOptions(parts));
    return { urls: { simulators: url }, close };
  },
};

/** Until a signal asks it to go; a second one does not wait. */
async function serve(role: keyof typeof START, parts: ProcessParts): Promise<number> {
  const { config, logger } = parts;
  const stopping = new AbortController();
  const asked = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1));
        stopping.abort();
        resolve();
      });
    }
  });
  const starting = START[role]({ ...parts, stopping: stopping.signal });
  const first = await Promise.race([starting, asked]);
  if (first) {
    logger.info('started', first.urls);
    if (role === 'dev') process.stdout.write(welcome(first.urls));
    await asked;
  }
  const limit = setTimeout(() => {
    logger.error('the drain took too long');
    process.exit(1);
  }, config.limits.drainMs + EXIT_MARGIN_MS);
  const running = first ?? (await starting.catch((error) => notStarted(parts, error)));
  await running?.close();
  clearTimeout(limit);
  logger.info('stopped');
  endAnyway();
  return 0;
}

/** What a client library still tries when everything is closed must not leave the end to a SIGKILL. */
function endAnyway(): void {
  const timer = setTimeout(() => {
    const resources = process.getActiveResourcesInfo().join(' ');
    process.stderr.write(`closed, but something still runs: ${resources}\n`);
    process.exit(0);
  }, EXIT_MARGIN_MS);
  timer.unref();
}

/** Asked to end before it had started: what it waited for is nobody's business any more. */
function notStarted({ logger }: ProcessParts, error: unknown): null {
  logger.warn('asked to end before the start was complete', { error });
  return null;
}

process.on('unhandledRejection', (reason) => {
  process.stderr.write(`unhandled rejection: ${(reason as Error)?.stack ?? String(reason)}\n`);
  process.exit(1);
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const known = error instanceof ConfigError || error instanceof UsageError;
  process.stderr.write(`${(error as Error).message}\n`);
  const { cause, stack } = error as Error;
  if (cause) process.stderr.write(`because: ${(cause as Error).message ?? String(cause)}\n`);
  if (process.env.LOG_LEVEL === 'debug') process.stderr.write(`${stack}\n`);
  process.exitCode = known ? EXIT_USAGE : 1;
}
