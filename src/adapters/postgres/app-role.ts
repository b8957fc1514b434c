/**
 * The role that api, worker, admin and verify connect as, with the least rights that they work with. `migrate` owns
 * the tables and connects as somebody else, so that a program that was taken over can change no schema and no ledger.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { sqlState } from './errors.ts';
import { scramVerifier } from './scram-verifier.ts';

/** Holds the grants; nobody logs in as it. A login role is its member and has nothing of its own. */
export const APP_ROLE = 'gateway_app';

const READ = ['select'];
const APPEND = ['select', 'insert'];
const CHANGE = ['select', 'insert', 'update'];
const PRUNE = ['select', 'insert', 'update', 'delete'];

/** Every table of the schema; a test sees to that. */
export const TABLE_GRANTS: Readonly<Record<string, readonly string[]>> = {
  schema_migrations: READ,
  merchants: APPEND,
  api_keys: CHANGE,
  idempotency_keys: CHANGE,
  payments: CHANGE,
  attempts: CHANGE,
  // What was told of a payment stays as it is.
  payment_timeline: APPEND,
  outbox: PRUNE,
  // Its rows are locked before they are pruned, which takes the right to change them.
  processed_events: PRUNE,
  // LED-1: what was booked stays as it is.
  ledger_transactions: APPEND,
  ledger_entries: APPEND,
  // A trigger of the owner's adds to it, so that nothing is booked past it.
  ledger_unsealed: ['select', 'delete'],
  ledger_seals: APPEND,
  ledger_seal_head: ['select', 'update'],
  fees: APPEND,
  discrepancies: CHANGE,
  review_proposals: CHANGE,
  audit_log: APPEND,
  // The bus of role `dev`, which owns its database.
  bus_messages: [],
  bus_offsets: [],
};

/** One at a time in one database; another database of the same server may have its `migrate` too. */
const LOCK_KEY = 0x6170_7072;
const COLLISIONS = new Set(['23505', '42710', 'XX000', '40P01', '40001']);
const TRIES = 8;
const RETRY_MS = 50;

const quote = pg.escapeIdentifier;

export interface AppLogin {
  user: string;
  password: string;
}

/** Makes the login role or sets its password, and brings the grants up to date. Safe to run by many at once. */
export async function ensureAppRole(pool: pg.Pool, login: AppLogin): Promise<void> {
  const verifier = await scramVerifier(login.password);
  for (let tries = 1; ; tries += 1) {
    try {
      return await inTransaction(pool, (client) => apply(client, login.user, verifier));
    } catch (error) {
      const isCollision = COLLISIONS.has(sqlState(error) ?? '');
      if (!isCollision || tries === TRIES) throw error;
    }
    await sleep(RETRY_MS * tries);
  }
}

async function inTransaction(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<void>) {
  const client = await pool.connect();
  let broken = true;
  try {
    await client.query('begin');
    await work(client);
    await client.query('commit');
    broken = false;
  } finally {
    client.release(broken);
  }
}

async function apply(client: pg.PoolClient, user: string, verifier: string): Promise<void> {
  await client.query('select pg_advisory_xact_lock($1)', [LOCK_KEY]);
  if (!(await roleExists(client, APP_ROLE))) await client.query(`create role ${APP_ROLE} nologin`);
  await grantTables(client);
  const name = quote(user);
  if (await roleExists(client, user)) await refuseMightyRole(client, user);
  else await client.query(`create role ${name}`);
  await client.query(`alter role ${name} login inherit password ${pg.escapeLiteral(verifier)}`);
  await client.query(`grant ${APP_ROLE} to ${name}`);
}

async function roleExists(client: pg.PoolClient, name: string): Promise<boolean> {
  const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [name]);
  return rowCount === 1;
}

/** A role that somebody made for another purpose would keep what it had. */
async function refuseMightyRole(client: pg.PoolClient, name: string): Promise<void> {
  const { rowCount } = await client.query(
    `select 1 from pg_roles r where r.rolname = $1 and (
       r.rolsuper or r.rolcreaterole or r.rolcreatedb or r.rolbypassrls or r.rolreplication
       or exists (select 1 from pg_class c where c.relowner = r.oid)
       or exists (select 1 from pg_auth_members m join pg_roles g on g.oid = m.roleid
                  where m.member = r.oid and g.rolname <> $2))`,
    [name, APP_ROLE],
  );
  if (rowCount === 0) return;
  throw new Error(
    'DATABASE_APP_USER names a role that exists and may do more than the gateway needs: choose another name',
  );
}

/** Exactly the list: what an earlier version granted and this one does not is taken back. */
async function grantTables(client: pg.PoolClient): Promise<void> {
  const { rows } = await client.query<{ schema: string; database: string }>(
    'select current_schema() as schema, current_database() as database',
  );
  const [{ schema, database } = { schema: '', database: '' }] = rows;
  // Old servers let everybody make tables here; and a temporary table is a table too.
  await client.query(`revoke create on schema ${quote(schema)} from public`);
  await client.query(`revoke temporary on database ${quote(database)} from public`);
  await client.query(`grant usage on schema ${quote(schema)} to ${APP_ROLE}`);
  const tables = Object.keys(TABLE_GRANTS);
  await client.query(`revoke all on ${tables.map(quote).join(', ')} from ${APP_ROLE}`);
  for (const [table, rights] of Object.entries(TABLE_GRANTS)) {
    if (rights.length === 0) continue;
    await client.query(`grant ${rights.join(', ')} on ${quote(table)} to ${APP_ROLE}`);
  }
}

/** The end of a rotation. It owns nothing and has no grants of its own, so that nothing else stands in the way. */
export async function dropAppUser(pool: pg.Pool, user: string): Promise<void> {
  const { rows } = await pool.query<{ sessions: number }>(
    `select (select count(*)::integer from pg_stat_activity where usename = r.rolname) as sessions
     from pg_roles r join pg_auth_members m on m.member = r.oid
     join pg_roles g on g.oid = m.roleid and g.rolname = $2
     where r.rolname = $1 and r.rolname <> current_user`,
    [user, APP_ROLE],
  );
  const [found] = rows;
  if (found === undefined) throw new Error(`${user} is no user that \`migrate\` made`);
  if (found.sessions > 0) {
    throw new Error(
      `${user} has ${found.sessions} connections: roll out with the new user first, and try again`,
    );
  }
  await pool.query(`drop role ${quote(user)}`);
}
