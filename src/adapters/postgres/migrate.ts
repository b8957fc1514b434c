import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import type pg from 'pg';
import type { Logger } from '../../domain/telemetry.ts';

/** The newest migration that this code needs; api and worker wait for it before they serve. */
export const EXPECTED_SCHEMA = '0002_embedded_bus';

const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url));

const silent = { info() {}, warn() {}, error() {} };

/** How long `migrate` waits for another one that runs. */
const LOCK_WAIT_MS = 60_000;

/** Brings the schema up to date. Safe to run by many at once: one works, the others wait for its lock. */
export async function migrate(pool: pg.Pool, logger: Logger): Promise<string[]> {
  const client = await pool.connect();
  try {
    await client.query(`set lock_timeout = ${LOCK_WAIT_MS}`);
    await client.query(`set statement_timeout = ${LOCK_WAIT_MS}`);
    const done = await runner({
      dbClient: client,
      dir: MIGRATIONS,
      direction: 'up',
      migrationsTable: 'schema_migrations',
      advisoryLockMode: 'wait',
      logger: silent,
    });
    const names = done.map(({ name }) => name);
    logger.info('schema is up to date', { count: names.length });
    return names;
  } finally {
    client.release(true);
  }
}

/** True once the schema has the migration that this code needs. */
export async function schemaIsReady(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<{ present: boolean }>(
    `select to_regclass('schema_migrations') is not null as present`,
  );
  if (!rows[0]?.present) return false;
  const found = await pool.query('select 1 from schema_migrations where name = $1', [
    EXPECTED_SCHEMA,
  ]);
  return found.rowCount === 1;
}
