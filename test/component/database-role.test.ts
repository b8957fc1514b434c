/** The role that `migrate` makes: enough for every payment, and for nothing else. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { runRole } from '../../scripts/servers/child-process.ts';
import { ensureAppRole, TABLE_GRANTS } from '../../src/adapters/postgres/app-role.ts';
import { compareBooks } from '../../src/adapters/postgres/books.ts';
import { addFee } from '../../src/adapters/postgres/fees.ts';
import { makeLedgerBooks } from '../../src/adapters/postgres/ledger.ts';
import { makeSealStore, readUnsealed } from '../../src/adapters/postgres/ledger-seals.ts';
import { makeMerchantStore } from '../../src/adapters/postgres/merchants.ts';
import { schemaIsReady } from '../../src/adapters/postgres/migrate.ts';
import { makePool } from '../../src/adapters/postgres/pool.ts';
import { makePrune } from '../../src/adapters/postgres/prune.ts';
import { makeReconciliationStore } from '../../src/adapters/postgres/reconciliation.ts';
import { makeSealLedger } from '../../src/usecases/seal-ledger.ts';
import { serverUrl, silentLogger } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import {
  AIRTEL_WALLET,
  newKey,
  type Rig,
  SHORT_TIMINGS,
  startRig,
} from '../support/gateway-rig.ts';
import { randomName, recordingLogger } from '../support/messaging.ts';
import { reconcileAll } from '../support/reconcile.ts';
import { EVERY_CHARACTER } from '../support/tls-servers.ts';

const DENIED = { code: '42501' };

function login(url: string, user: string, password: string, database?: string): string {
  const parts = new URL(url);
  parts.username = user;
  parts.password = encodeURIComponent(password);
  if (database !== undefined) parts.pathname = `/${database}`;
  return parts.href;
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return await work(client).finally(() => client.end());
}

const asAdmin = (...statements: string[]) =>
  withClient(serverUrl(), async (client) => {
    for (const statement of statements) await client.query(statement);
  });

describe('a gateway whose database role has the least rights', () => {
  const user = randomName('app_');
  let rig: Rig;
  let pool: pg.Pool;

  before(async () => {
    rig = await startRig({
      busOfOwner: true,
      env: SHORT_TIMINGS,
      async databaseUrl(url) {
        await using owner = disposable(makePool({ connectionString: url, max: 2 }, silentLogger));
        await ensureAppRole(owner.pool, { user, password: EVERY_CHARACTER });
        return login(url, user, EVERY_CHARACTER);
      },
    });
    const connectionString = login(rig.database.url, user, EVERY_CHARACTER);
    pool = makePool({ connectionString, max: 2 }, silentLogger);
  });
  after(async () => {
    await pool?.end();
    await rig?.[Symbol.asyncDispose]();
    await asAdmin(`drop role ${user}`);
  });

  it('takes a payment through its whole life, and books it', async () => {
    const paid = await rig.pay({ key: newKey() });
    assert.equal(paid.status, 202, paid.text);
    await rig.settled(paid, 'SUCCEEDED');
    await rig.control.faults({
      provider: 'AIRTEL',
      operation: 'charge',
      fault: 'refuse',
      times: 1,
    });
    const key = newKey();
    const body = { payer: { msisdn: AIRTEL_WALLET } };
    assert.equal((await rig.pay({ key, body })).status, 502);
    await rig.settled(await rig.pay({ key, body }), 'SUCCEEDED');
    const { rows } = await pool.query('select count(*)::integer as n from ledger_transactions');
    assert.equal(rows[0].n, 2);
    await eventually(async () => {
      const waiting = await pool.query('select 1 from outbox where published_at is null');
      assert.equal(waiting.rowCount, 0);
    });
  });

  it('prunes, compares the books, and administers merchants and keys', async () => {
    assert.ok(await schemaIsReady(pool));
    assert.ok((await makePrune(pool, { outboxMs: 0, processedEventsMs: 0, answersMs: 0 })()) > 0);
    assert.deepEqual(await compareBooks(pool), []);
    const merchants = makeMerchantStore(pool);
    assert.ok(await merchants.createMerchant('of-app', 'of-app', 'test'));
    const [id, keyHash] = ['key_of_app', Buffer.from(randomName('hash'))];
    await merchants.addKey({ id, merchantId: 'of-app', prefix: 'p', keyHash, scopes: [] }, 'test');
    assert.ok(await merchants.revokeKey(id, 'test'));
    assert.equal((await merchants.listKeys('of-app')).length, 1);
  });

  it('sets fees, takes a capture back, and reconciles a statement', async () => {
    const rule = { merchantId: null, provider: 'AIRTEL', currency: 'ZMW' };
    await addFee(pool, { ...rule, basisPoints: 100, fixedMinor: 0n }, 'test');
    const { rows } = await pool.query<{ id: bigint }>('select id from ledger_transactions limit 1');
    const reversal = { transaction: rows[0]?.id as bigint, reason: 'a test', by: 'test', via: 'x' };
    assert.equal((await makeLedgerBooks(pool).reverse(reversal)).kind, 'reversed');
    const audit = await pool.query(
      `select database_user from audit_log where action = 'ledger.reverse'`,
    );
    assert.equal(audit.rows[0].database_user, user, 'whom the server let in, whatever was typed');
    assert.equal(await makeSealLedger(makeSealStore(pool), silentLogger)(), 'done');
    assert.equal((await readUnsealed(pool)).waiting, 0);
    assert.deepEqual(await compareBooks(pool), []);
    const { simulators, database } = rig;
    assert.deepEqual((await reconcileAll({ simulators, database: { pool } })).counts, {
      matched: 2,
    });
    const kind = 'missing-here' as const;
    const stranger = { paymentId: null, reference: 'r', kind, detail: 'a test' };
    const account = { provider: 'MTN', market: 'ZM' };
    const store = makeReconciliationStore(pool);
    assert.deepEqual([await store.open(account, [stranger]), await store.askNow(['none'])], [1, 0]);
    assert.ok(await database.pool.query('delete from discrepancies'));
  });

  it('LED-1 changes nothing in the ledger and in the audit log', async () => {
    for (const table of ['ledger_entries', 'ledger_transactions', 'audit_log']) {
      const column =
        table === 'ledger_entries' ? 'account' : table === 'audit_log' ? 'actor' : 'kind';
      await assert.rejects(pool.query(`update ${table} set ${column} = 'x'`), DENIED, table);
      await assert.rejects(pool.query(`delete from ${table}`), DENIED, table);
      await assert.rejects(pool.query(`truncate ${table}`), DENIED, table);
    }
    for (const table of ['payments', 'idempotency_keys', 'attempts', 'merchants', 'api_keys']) {
      await assert.rejects(pool.query(`delete from ${table}`), DENIED, table);
    }
  });

  it('makes, changes and drops nothing, and gives no rights away', async () => {
    for (const statement of [
      'create table mine (id integer)',
      'create temporary table mine (id integer)',
      'create schema mine',
      'create role mine',
      'alter table payments add column mine text',
      'alter table ledger_entries disable trigger ledger_entries_append_only',
      "set session_replication_role = 'replica'",
      'drop table outbox',
      'drop trigger ledger_entries_append_only on ledger_entries',
      'create index mine on payments (status)',
      "insert into schema_migrations (name, run_on) values ('9999_mine', now())",
      'select * from bus_messages',
      `set role ${new URL(rig.database.url).username}`,
    ]) {
      await assert.rejects(pool.query(statement), DENIED, statement);
    }
    // Without the right to pass a right on, Postgres warns and grants nothing.
    await pool.query('grant select on payments to public').catch(() => undefined);
    const { rows } = await rig.database.pool.query(
      "select 1 from information_schema.role_table_grants where grantee = 'PUBLIC' and table_name = 'payments'",
    );
    assert.deepEqual(rows, []);
  });
});

function disposable(pool: pg.Pool) {
  return { pool, [Symbol.asyncDispose]: () => pool.end() };
}

describe('migrate with DATABASE_APP_USER', () => {
  const name = randomName('role_');
  const owner = `${name}_owner`;
  const users = [`${name}_1`, `${name}_2-B`] as const;
  const passwords = [randomName('first-password-'), randomName('second-password-')] as const;
  const quoted = users.map((user) => `"${user}"`);
  let ownerUrl: string;
  const url = (version: 0 | 1) => login(serverUrl(), users[version], passwords[version], name);
  const env = (version: 0 | 1) => ({
    DATABASE_URL: ownerUrl,
    DATABASE_APP_USER: users[version],
    DATABASE_APP_PASSWORD: passwords[version],
  });

  before(async () => {
    ownerUrl = login(serverUrl(), owner, 'owner-password', name);
    // As on a managed server, where nobody is superuser. The group's role is of all databases of a server.
    await asAdmin(
      `create role ${owner} login createrole password 'owner-password'`,
      `create database ${name} owner ${owner}`,
      'do $$ begin create role gateway_app nologin; exception when others then null; end $$',
      `grant gateway_app to ${owner} with admin option`,
    );
  });
  after(async () => {
    await asAdmin(
      `drop database ${name} with (force)`,
      ...quoted.map((user) => `drop role if exists ${user}`),
      `revoke gateway_app from ${owner} cascade`,
      `drop role ${owner}`,
    );
  });

  it('makes the role once, by an owner who is no superuser, many at once, and shows no password', async () => {
    const results = await Promise.all([0, 1, 2].map(() => runRole('migrate', env(0))));
    for (const { code, output } of results) {
      assert.equal(code, 0, output);
      assert.match(output, new RegExp(`^role: ${users[0]} may log in`, 'm'));
      assert.ok(!output.includes(passwords[0]) && !output.includes('SCRAM-SHA'));
    }
    await withClient(url(0), (client) => client.query('select * from payments'));
  });

  it('lists every table, and grants exactly what the list says', async () => {
    const { rows } = await withClient(ownerUrl, (client) =>
      client.query<{ name: string; rights: string[] }>(`
        select c.relname as name, coalesce(array_agg(lower(a.privilege_type) order by 1)
          filter (where a.grantee = 'gateway_app'::regrole), '{}') as rights
        from pg_class c left join lateral aclexplode(c.relacl) a on true
        where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
        group by c.relname`),
    );
    const found = Object.fromEntries(rows.map((row) => [row.name, [...row.rights].sort()]));
    const listed = Object.entries(TABLE_GRANTS).map(([table, rights]) => [
      table,
      [...rights].sort(),
    ]);
    assert.deepEqual(found, Object.fromEntries(listed));
  });

  it('takes back what an earlier version granted', async () => {
    await withClient(ownerUrl, (client) => client.query('grant delete on payments to gateway_app'));
    assert.equal((await runRole('migrate', env(0))).code, 0);
    await withClient(url(0), (client) =>
      assert.rejects(client.query('delete from payments'), DENIED),
    );
  });

  it('is waited for by an api whose role has no rights yet', async () => {
    await using app = disposable(makePool({ connectionString: url(0), max: 1 }, silentLogger));
    assert.equal(await schemaIsReady(app.pool), true);
    const revoke = 'revoke select on outbox from gateway_app';
    await withClient(ownerUrl, (client) => client.query(revoke));
    assert.equal(await schemaIsReady(app.pool), false);
    assert.equal((await runRole('migrate', env(0))).code, 0);
    assert.equal(await schemaIsReady(app.pool), true);
  });

  it('rotates with two users: both work, until the first is dropped, and then the log says why', async () => {
    const { logger, lines } = recordingLogger();
    await using old = disposable(makePool({ connectionString: url(0), max: 1 }, logger));
    assert.equal((await runRole('migrate', env(1))).code, 0);
    for (const version of [0, 1] as const) {
      await withClient(url(version), (client) => client.query('select * from payments'));
    }
    await old.pool.query('select 1');
    const cut = `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${users[0]}'`;
    await asAdmin(cut);
    await eventually(() => old.pool.query('select * from payments'));
    const drop = (...args: string[]) => runRole('migrate', env(1), { args });
    const tooEarly = await drop('--drop-user', users[0]);
    assert.deepEqual([tooEarly.code, /has 1 connections/.test(tooEarly.output)], [1, true]);
    // As when its last copy is gone: nothing else stands in the way.
    const gone = await eventually(async () => {
      await asAdmin(cut);
      const { code, output } = await drop('--drop-user', users[0]);
      assert.equal(code, 0, output);
      return output;
    });
    assert.equal(gone.trim(), `role: ${users[0]} is gone`);
    assert.equal((await drop('--drop-user', users[0])).code, 1);
    assert.equal((await drop('--drop-user', users[1])).code, 2);
    assert.equal((await drop('--drop-user', owner)).code, 1);
    await eventually(() => assert.rejects(old.pool.query('select 1'), { code: '28P01' }));
    const told = lines.map(({ fields }) => (fields.error as Error)?.message);
    const reason =
      'the database refuses the user or the password (DATABASE_USER, DATABASE_PASSWORD)';
    assert.equal(told.filter((message) => message === reason).length, 1);
    await withClient(url(1), (client) => client.query('select * from payments'));
  });

  it('rotates back: the same name with another password is the same user', async () => {
    const changed = { ...env(1), DATABASE_APP_PASSWORD: passwords[0] };
    assert.equal((await runRole('migrate', changed)).code, 0);
    const next = login(serverUrl(), users[1], passwords[0], name);
    await withClient(next, (client) => client.query('select 1'));
    await assert.rejects(
      withClient(url(1), (client) => client.query('select 1')),
      { code: '28P01' },
    );
  });

  it('refuses a role that has more rights already', async () => {
    const mighty = `${name}_mighty`;
    await asAdmin(
      `create role ${mighty} createdb`,
      `grant ${mighty} to ${owner} with admin option`,
    );
    const { code, output } = await runRole('migrate', { ...env(0), DATABASE_APP_USER: mighty });
    await asAdmin(`drop role ${mighty}`);
    assert.equal(code, 1);
    assert.match(output, /DATABASE_APP_USER names a role that exists and may do more/);
  });

  it('keeps the password out of every statement', async () => {
    const said: unknown[] = [];
    await using owner = disposable(makePool({ connectionString: ownerUrl, max: 1 }, silentLogger));
    const listening = {
      async connect() {
        const client = await owner.pool.connect();
        const query = (text: string, values?: unknown[]) => {
          said.push(text, values);
          return client.query(text, values);
        };
        return { query, release: () => client.release() };
      },
    };
    const login = { user: users[1], password: passwords[1] };
    await ensureAppRole(listening as unknown as pg.Pool, login);
    const all = JSON.stringify(said);
    assert.match(all, /SCRAM-SHA-256\$4096:/);
    assert.ok(!all.includes(passwords[1]));
  });
});
