import type pg from 'pg';
import { schemaIsReady } from '../adapters/postgres/migrate.ts';
import { makePool, type PoolSettings } from '../adapters/postgres/pool.ts';
import type { RedisSettings } from '../adapters/redis/connection.ts';
import type { RedisConfig } from '../config/servers.ts';
import { troubleOf } from '../domain/server-trouble.ts';
import type { ProcessParts } from './process.ts';

/** How long a start waits for the database and for the schema that it expects. */
const SCHEMA_WAIT_MS = 120_000;
const SCHEMA_RETRY_MS = 500;

/** What `verify` and the ledger's commands ask: their plans, and how long one of their questions may take. */
const READS_WHOLE_TABLES = { plansByKey: false, statementTimeoutMs: 600_000 };

/** For questions about all rows, which the plans of `openPool` are not made for. */
export function openWholeTablePool(parts: ProcessParts): pg.Pool {
  return openPool(parts, undefined, READS_WHOLE_TABLES);
}

export function openPool(
  { config, logger }: ProcessParts,
  url?: string,
  more: Partial<PoolSettings> = {},
): pg.Pool {
  const { database } = config;
  const applicationName = `gateway-${config.role}`;
  if (url !== undefined) return makePool({ connectionString: url, applicationName }, logger);
  if (database === null) throw new Error('this role needs a database');
  return makePool(
    {
      host: database.host,
      port: database.port,
      database: database.database,
      user: database.user,
      password: database.password.isSet ? database.password.reveal() : undefined,
      ssl: database.tls ?? undefined,
      max: database.poolMax,
      statementTimeoutMs: database.statementTimeoutMs,
      applicationName,
      ...(config.role === 'verify' && READS_WHOLE_TABLES),
      ...more,
    },
    logger,
  );
}

/**
 * Start order is nobody's promise: a server that is not there yet, or a schema or a login that `migrate` has not
 * finished, is waited for, bounded. What waiting cannot mend, such as a wrong certificate, ends the start at once.
 */
export async function waitForSchema(pool: pg.Pool, parts: ProcessParts): Promise<void> {
  const { clock, logger, stopping } = parts;
  const endsAtMs = clock.monotonicMs() + SCHEMA_WAIT_MS;
  let told = '';
  for (;;) {
    const missing = await whatIsMissing(pool);
    if (missing === null) return;
    const { message, lasting, cause } = missing;
    const gaveUp = stopping?.aborted || clock.monotonicMs() > endsAtMs;
    if (gaveUp || lasting) throw new Error(message, { cause });
    if (message !== told) logger.warn(`waiting: ${message}`, { error: cause });
    told = message;
    await clock.sleep(SCHEMA_RETRY_MS, stopping);
  }
}

interface Missing {
  message: string;
  lasting: boolean;
  cause?: unknown;
}

const NO_SCHEMA = 'the database has not the schema that this version expects: run `migrate`';

async function whatIsMissing(pool: pg.Pool): Promise<Missing | null> {
  try {
    return (await schemaIsReady(pool)) ? null : { message: NO_SCHEMA, lasting: false };
  } catch (cause) {
    const { reason, lasting = false } = troubleOf('database', cause) ?? {};
    return { message: reason ?? 'the database does not answer', lasting, cause };
  }
}

export function redisSettings(redis: RedisConfig): RedisSettings {
  return {
    host: redis.host,
    port: redis.port,
    username: redis.user ?? undefined,
    password: redis.password.isSet ? redis.password.reveal() : undefined,
    tls: redis.tls ?? undefined,
    keyPrefix: redis.keyPrefix,
    commandTimeoutMs: redis.commandTimeoutMs,
  };
}
