import pg from 'pg';
import { explained, troubleOf } from '../../domain/server-trouble.ts';
import type { Logger } from '../../domain/telemetry.ts';

export interface PoolSettings {
  /** `postgres://…`, or the parts of one. */
  connectionString?: string;
  host?: string;
  port?: number;
  database?: string;
  user?: string;
  password?: string;
  ssl?: pg.PoolConfig['ssl'];
  /** Connections of this process. @default 16 */
  max?: number;
  /** The server ends a statement after this. @default 5000 */
  statementTimeoutMs?: number;
  /** How long a caller waits for a free connection or a new one. @default 2000 */
  connectTimeoutMs?: number;
  applicationName?: string;
  /** For statements that are about a few rows each, found by key. @default true */
  plansByKey?: boolean;
}

/**
 * A prepared statement keeps the plan that its connection made first. On a young database that is a plan for tables
 * that look empty: to read all of them seems cheapest then, and stays in the plan when they have a million rows.
 * What no statement of ours should ever do is therefore switched off, and not left to the statistics.
 */
const PLANS_BY_KEY = '-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off';

/** bigint and timestamptz arrive as bigint and Date; no number ever holds an amount. */
const INT8 = 20;

/**
 * The client gives up a little after the server should have: a server that has gone silent must not hold a
 * request longer than a slow statement does.
 */
const CLIENT_GRACE_MS = 500;

export function makePool(settings: PoolSettings, logger: Logger): pg.Pool {
  const statementTimeoutMs = settings.statementTimeoutMs ?? 5_000;
  const refusals = sayRefusals(logger);
  const pool = new pg.Pool({
    log: refusals.note,
    connectionString: settings.connectionString,
    host: settings.host,
    port: settings.port,
    database: settings.database,
    user: settings.user,
    password: settings.password,
    ssl: settings.ssl,
    max: settings.max ?? 16,
    connectionTimeoutMillis: settings.connectTimeoutMs ?? 2_000,
    idleTimeoutMillis: 60_000,
    application_name: settings.applicationName ?? 'gateway',
    ...((settings.plansByKey ?? true) && { options: PLANS_BY_KEY }),
    statement_timeout: statementTimeoutMs,
    lock_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs * 2,
    query_timeout: statementTimeoutMs + CLIENT_GRACE_MS,
    keepAlive: true,
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === INT8
          ? (text: string) => BigInt(text)
          : pg.types.getTypeParser(oid, format as 'text'),
    } as pg.CustomTypesConfig,
  });
  // Without a listener the error of a connection ends the process, also between two statements.
  pool.on('error', (error) => {
    if (!pool.ending) logger.warn('idle database connection lost', { error });
  });
  pool.on('connect', (client) => {
    refusals.forget();
    // Whoever uses the connection learns it from the next statement.
    client.on('error', () => {});
  });
  return pool;
}

/** The pool's own words for it; nothing else tells of a connection that could not be made. */
const CONNECT_FAILED = 'client failed to connect';

/**
 * Says which setting is at fault when the server takes no connection of ours: once for each reason, and not for each
 * statement that wanted one. An outage is said by those who suffer from it.
 */
function sayRefusals(logger: Logger) {
  let lastReason = '';
  return {
    note(what: string, error?: unknown) {
      const reason = what === CONNECT_FAILED ? troubleOf('database', error)?.reason : undefined;
      if (reason === undefined || reason === lastReason) return;
      lastReason = reason;
      logger.warn('database connection failed', { error: explained('database', error) });
    },
    forget() {
      lastReason = '';
    },
  };
}
