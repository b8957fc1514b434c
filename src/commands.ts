/** The roles that do something once and end: `migrate`, `admin`, `verify`. */
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { makeMerchantStore } from './adapters/postgres/merchants.ts';
import { migrate } from './adapters/postgres/migrate.ts';
import { runAdmin, UsageError } from './admin.ts';
import type { ProcessParts } from './composition/process.ts';
import { openPool } from './composition/servers.ts';
import { verify } from './verify.ts';

const print = (line: string) => process.stdout.write(`${line}\n`);

/** How long `migrate` waits for servers that start beside it. */
const WAIT_MS = 60_000;
const RETRY_MS = 500;

/** Schema and topics, brought up to date and checked. Safe to run by many at once. */
export async function runMigrate(parts: ProcessParts): Promise<void> {
  const { config, logger } = parts;
  const pool = openPool(parts);
  try {
    await patiently(parts, () => pool.query('select 1'));
    const names = await migrate(pool, logger);
    print(names.length > 0 ? `schema: applied ${names.join(', ')}` : 'schema: up to date');
  } finally {
    await pool.end();
  }
  if (config.kafka === null) {
    print('topics: left alone, KAFKA_BROKERS is not set');
    return;
  }
  const { kafka } = config;
  const { migrateTopics } = await import('./composition/kafka.ts');
  await patiently(parts, () => migrateTopics(kafka, config));
  print('topics: up to date');
}

/** Tries until it works or the time is up; a server may still be starting. */
async function patiently<T>({ clock }: ProcessParts, task: () => Promise<T>): Promise<T> {
  const endsAtMs = clock.monotonicMs() + WAIT_MS;
  for (;;) {
    try {
      return await task();
    } catch (error) {
      if (!isAbsence(error) || clock.monotonicMs() > endsAtMs) throw error;
    }
    await clock.sleep(RETRY_MS);
  }
}

/** Nobody there yet; anything else will not mend itself. */
function isAbsence(error: unknown): boolean {
  const { code, message = '' } = error as { code?: string; message?: string };
  const text = `${code} ${message}`;
  return /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|57P03|connect|timeout/i.test(text);
}

export async function runAdminCommand(parts: ProcessParts, args: string[]): Promise<void> {
  const pool = openPool(parts);
  try {
    await runAdmin(args, {
      merchants: makeMerchantStore(pool),
      pepper: () => parts.config.secrets.apiKeyPepper.reveal(),
      actor: `cli:${userInfo().username}`,
      newId: () => parts.ids.eventId().replaceAll('-', ''),
      print,
    });
  } finally {
    await pool.end();
  }
}

/** False when the books do not agree. */
export async function runVerify(parts: ProcessParts, args: string[]): Promise<boolean> {
  const options = { simulators: { type: 'string' } } as const;
  const { values } = readArgs(() => parseArgs({ args, options }));
  const pool = openPool(parts);
  try {
    const { simulators: simulatorsUrl } = values;
    return await verify({ pool, print, ...(simulatorsUrl !== undefined && { simulatorsUrl }) });
  } finally {
    await pool.end();
  }
}

function readArgs<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
