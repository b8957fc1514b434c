import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import type pg from 'pg';
import type { Logger } from '../../domain/telemetry.ts';
import { TABLE_GRANTS } from './app-role.ts';

/** The newest migration that this code needs; api and worker wait for it before they serve. */
export const EXPECTED_SCHEMA = '0007_seals_and_audit';

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

/** The bus's tables are for role `dev` alone. */
const GRANTED_TABLES = Object.entries(TABLE_GRANTS).flatMap(([table, rights]) =>
  rights.length > 0 ? [table] : [],
);

/** Null also for a table that is not there. */
const MAY_READ = `
select coalesce(bool_and(has_table_privilege(to_regclass(name)::oid, 'select')
  and to_regclass(name) is not null), false) as allowed
from unnest($1::text[]) as t (name)`;

async function mayRead(pool: pg.Pool, tables: readonly string[]): Promise<boolean> {
  const { rows } = await pool.query<{ allowed: boolean }>(MAY_READ, [tables]);
  return rows[0]?.allowed === true;
}

/**
 * True once the schema has the migration that this code needs, and this user its grants: `migrate` gives them just
 * after it has made a table.
 */
export async function schemaIsReady(pool: pg.Pool): Promise<boolean> {
  if (!(await mayRead(pool, ['schema_migrations']))) return false;
  const found = await pool.query('select 1 from schema_migrations where name = $1', [
    EXPECTED_SCHEMA,
  ]);
  return found.rowCount === 1 && (await mayRead(pool, GRANTED_TABLES));
}
