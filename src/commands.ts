/** The roles that do something once and end: `migrate`, `admin`, `verify`. */
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import type pg from 'pg';
import { dropAppUser, ensureAppRole } from './adapters/postgres/app-role.ts';
import { migrate } from './adapters/postgres/migrate.ts';
import { runAdmin, UsageError } from './admin.ts';
import { makeAdminCommands } from './composition/admin.ts';
import type { ProcessParts } from './composition/process.ts';
import { openPool } from './composition/servers.ts';
import { parseSealName } from './domain/ledger-seal.ts';
import { explained, linkedErrors, type ServerName } from './domain/server-trouble.ts';
import { verify } from './verify.ts';

const print = (line: string) => process.stdout.write(`${line}\n`);

/** How long `migrate` waits for servers that start beside it. */
const WAIT_MS = 60_000;
const RETRY_MS = 500;

/** Schema, role and topics, brought up to date and checked. Safe to run by many at once. */
export async function runMigrate(parts: ProcessParts, args: string[]): Promise<void> {
  const options = { 'drop-user': { type: 'string' } } as const;
  const { 'drop-user': user } = readArgs(() => parseArgs({ args, options })).values;
  if (user !== undefined) return await dropUser(parts, user);
  const { config, logger } = parts;
  const { appRole } = config;
  const pool = openPool(parts);
  try {
    await patiently(parts, 'database', () => pool.query('select 1'));
    const names = await migrate(pool, logger);
    print(names.length > 0 ? `schema: applied ${names.join(', ')}` : 'schema: up to date');
    if (appRole !== null) {
      const { user } = appRole;
      await ensureAppRole(pool, { user, password: appRole.password.reveal() });
      print(`role: ${user} may log in, with the rights that api and worker need`);
    }
  } finally {
    await pool.end();
  }
  if (config.kafka === null) {
    print('topics: left alone, KAFKA_BROKERS is not set');
    return;
  }
  const { kafka } = config;
  const { migrateTopics } = await import('./composition/kafka.ts');
  await patiently(parts, 'kafka', () => migrateTopics(kafka, config));
  print('topics: up to date');
}

/** The end of a rotation, by the one role that may. */
async function dropUser(parts: ProcessParts, user: string): Promise<void> {
  if (user === parts.config.appRole?.user) {
    throw new UsageError(`${user} is the user of DATABASE_APP_USER: name the one before it`);
  }
  await withPool(parts, (pool) => dropAppUser(pool, user));
  print(`role: ${user} is gone`);
}

/** Tries until it works or the time is up; a server may still be starting. */
async function patiently<T>(
  { clock }: ProcessParts,
  server: ServerName,
  task: () => Promise<T>,
): Promise<T> {
  const endsAtMs = clock.monotonicMs() + WAIT_MS;
  for (;;) {
    try {
      return await task();
    } catch (error) {
      const mayCome = linkedErrors(error).some(isAbsence);
      if (!mayCome || clock.monotonicMs() > endsAtMs) throw explained(server, error);
    }
    await clock.sleep(RETRY_MS);
  }
}

const ABSENT = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'],
  // Postgres is starting up.
  '57P03',
]);

/** Nobody there yet; anything else will not mend itself. */
function isAbsence(error: unknown): boolean {
  const { code, message = '' } = error as { code?: string; message?: string };
  return ABSENT.has(`${code}`) || /timeout|timed out|connection (terminated|closed)/i.test(message);
}

export async function runAdminCommand(parts: ProcessParts, args: string[]): Promise<void> {
  await withPool(parts, async (pool) => {
    await using stack = new AsyncDisposableStack();
    const account = userInfo().username;
    await runAdmin(args, makeAdminCommands({ parts, pool, stack, account, print }));
  });
}

/** What goes wrong with the server is said in words of our settings. */
async function withPool<T>(parts: ProcessParts, work: (pool: pg.Pool) => Promise<T>): Promise<T> {
  const pool = openPool(parts);
  try {
    return await work(pool);
  } catch (error) {
    throw explained('database', error);
  } finally {
    await pool.end();
  }
}

/** False when the books do not agree. */
export async function runVerify(parts: ProcessParts, args: string[]): Promise<boolean> {
  const options = { simulators: { type: 'string' }, seal: { type: 'string' } } as const;
  const { values } = readArgs(() => parseArgs({ args, options }));
  const { simulators: simulatorsUrl } = values;
  const seal = values.seal === undefined ? undefined : parseSealName(values.seal);
  if (values.seal !== undefined && seal === undefined) {
    throw new UsageError('--seal is a number and a hash, as `verify` prints them: 12:0f1e2d3c-…');
  }
  return await withPool(parts, (pool) =>
    verify({
      ...{ pool, print },
      ...(simulatorsUrl !== undefined && { simulatorsUrl }),
      ...(seal !== undefined && { seal }),
    }),
  );
}

function readArgs<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
