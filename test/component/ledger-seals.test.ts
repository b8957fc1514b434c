/** LED-7: an auditor changes what was booked, and `verify` says which ledger transaction it was. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import { compareBooks } from '../../src/adapters/postgres/books.ts';
import { makeLedgerBooks } from '../../src/adapters/postgres/ledger.ts';
import { makeSealStore, readUnsealed } from '../../src/adapters/postgres/ledger-seals.ts';
import { migrate } from '../../src/adapters/postgres/migrate.ts';
import { compareSeal, readSealTotals } from '../../src/adapters/postgres/seal-checks.ts';
import { parseSealName, sealName } from '../../src/domain/ledger-seal.ts';
import { makeSealLedger } from '../../src/usecases/seal-ledger.ts';
import { verify } from '../../src/verify.ts';
import { insertCaptured } from '../support/captured.ts';
import { makeTestDatabase, silentLogger, type TestDatabase } from '../support/database.ts';
import { recordingLogger } from '../support/messaging.ts';

/** Of the whole books: payments put straight into the tables have no key. */
const disagreements = async ({ pool }: TestDatabase) =>
  (await compareBooks(pool))
    .filter(({ rule }) => /seal/.test(rule))
    .map(({ subject, detail }) => `${subject}: ${detail}`);

/** By somebody who may do anything to the database. */
async function tamper(
  { pool }: TestDatabase,
  ...statements: [sql: string, ...values: unknown[]][]
) {
  const client = await pool.connect();
  try {
    await client.query("set session_replication_role = 'replica'");
    for (const [sql, ...values] of statements) {
      const { rowCount } = await client.query(sql, values);
      assert.notEqual(rowCount, 0, sql);
    }
  } finally {
    client.release(true);
  }
}

const MIGRATIONS = fileURLToPath(
  new URL('../../src/adapters/postgres/migrations', import.meta.url),
);
const DELETE_ENTRIES = 'delete from ledger_entries where transaction_id = $1';
const DELETE_TRANSACTION = 'delete from ledger_transactions where id = $1';

describe('LED-7 the seals of the ledger', () => {
  let database: TestDatabase;
  before(async () => {
    database = await makeTestDatabase();
  });
  after(() => database[Symbol.asyncDispose]());

  const sealBy = (limit: number) =>
    makeSealLedger(makeSealStore(database.pool), silentLogger, limit);
  const waiting = async () => (await readUnsealed(database.pool)).waiting;
  const book = async (amountMinor = 700n) => (await insertCaptured(database.pool, amountMinor))[1];

  /** `count` ledger transactions, each in a seal of its own. Answers their ids and the newest seal. */
  async function sealedOneByOne(count: number) {
    const ids: bigint[] = [];
    for (let i = 0; i < count; i += 1) {
      ids.push(await book());
      await sealBy(1)();
    }
    return { ids, newest: await newest() };
  }
  async function newest() {
    const { newest: found } = await readSealTotals(database.pool);
    assert.ok(found);
    return found;
  }

  it('take what was booked in batches, each once, and nothing when nothing waits', async () => {
    for (let i = 0; i < 5; i += 1) await book();
    const { logger, lines } = recordingLogger();
    const seal = makeSealLedger(makeSealStore(database.pool), logger, 2);
    assert.equal(await waiting(), 5);
    assert.deepEqual([await seal(), await seal(), await seal()], ['more', 'more', 'done']);
    assert.equal(await seal(), 'done');
    assert.equal(await waiting(), 0);
    const { rows } = await database.pool.query(
      'select number, cardinality(transactions) as size from ledger_seals order by number',
    );
    assert.deepEqual(
      rows.map(({ number, size }) => [number, size]),
      [
        [1, 2],
        [2, 2],
        [3, 1],
      ],
    );
    assert.match(JSON.stringify(lines), new RegExp(sealName(await newest())));
    assert.deepEqual(await disagreements(database), []);
  });

  it('take a transaction that commits late, although a higher id is sealed', async () => {
    const client = await database.pool.connect();
    try {
      await client.query('begin');
      const [, late] = await insertCaptured(database.pool, 300n, { post: client });
      const early = await book();
      assert.ok(late < early);
      await sealBy(10)();
      assert.equal(await waiting(), 0, 'what is not committed does not wait yet');
      await client.query('commit');
      assert.equal(await waiting(), 1);
      await sealBy(10)();
    } finally {
      client.release(true);
    }
    assert.deepEqual(await disagreements(database), []);
  });

  it('are made by one at a time, and who books does not wait for that', async () => {
    const client = await database.pool.connect();
    try {
      await client.query('begin');
      await client.query(`select pg_advisory_xact_lock(${0x6c73_6561})`);
      await book();
      assert.equal(await sealBy(10)(), 'done');
      assert.equal(await waiting(), 1);
    } finally {
      client.release(true);
    }
    const seals = (await readSealTotals(database.pool)).seals;
    for (let i = 0; i < 20; i += 1) await book();
    await Promise.all(Array.from({ length: 4 }, () => sealBy(50)()));
    await sealBy(50)();
    const { seals: later, waiting: left } = await readSealTotals(database.pool);
    assert.ok(later > seals);
    assert.equal(left, 0);
    assert.deepEqual(await disagreements(database), []);
  });

  it('hold a reversal, whose reason may have every character', async () => {
    const transaction = await book();
    const reason = 'a "quote", a \\, a tab\t, a line\n, \u0001, \u2028, é, 😀';
    await makeLedgerBooks(database.pool).reverse({ transaction, reason, by: 'ann', via: 'tester' });
    await sealBy(10)();
    assert.equal(await waiting(), 0);
    assert.deepEqual(await disagreements(database), []);
  });

  it('cannot be changed by a program', async () => {
    for (const change of ['update ledger_seals set number = 99', 'delete from ledger_seals']) {
      await assert.rejects(database.pool.query(change), /append-only/);
    }
  });

  it('tell which ledger transaction was altered, removed, added to or booked in secret', async () => {
    const { ids } = await sealedOneByOne(5);
    const [amount, account, time, gone, more] = ids as [bigint, bigint, bigint, bigint, bigint];
    const paidInSecret = (await insertCaptured(database.pool, 900n))[0];
    await sealBy(10)();
    const unsealed = await book();
    await tamper(
      database,
      // Both sides, so that the books still balance.
      ['update ledger_entries set amount_minor = 1 where transaction_id = $1', amount],
      [
        `update ledger_entries set account = 'merchant:other:payable'
         where transaction_id = $1 and side = 'credit'`,
        account,
      ],
      [
        `update ledger_transactions set created_at = created_at - interval '1 microsecond' where id = $1`,
        time,
      ],
      [DELETE_ENTRIES, gone],
      [DELETE_TRANSACTION, gone],
      [
        `insert into ledger_entries select transaction_id, line + 10, account, side, amount_minor, currency
         from ledger_entries where transaction_id = $1`,
        more,
      ],
      [`insert into ledger_transactions (payment_id, kind) values ($1, 'gift')`, paidInSecret],
      [DELETE_ENTRIES, unsealed],
      [DELETE_TRANSACTION, unsealed],
    );
    const found = await disagreements(database);
    const { rows } = await database.pool.query(
      `select id from ledger_transactions where kind = 'gift'`,
    );
    const about = (id: bigint) =>
      found.filter((line) => line.startsWith(`ledger transaction ${id}:`));
    for (const id of [amount, account, time, more]) {
      assert.match(
        about(id).join(),
        /it or an entry of it is altered since seal \d+; payment pay_/,
      );
    }
    assert.match(about(gone).join(), /missing: seal \d+ has it/);
    assert.match(about(unsealed).join(), /removed before it was sealed/);
    assert.match(about(rows[0].id).join(), /neither sealed nor waiting/);
    assert.equal(found.length, 7, found.join('\n'));
  });
});

describe('LED-7 the chain of seals', () => {
  let database: TestDatabase;
  before(async () => {
    database = await makeTestDatabase();
    const seal = makeSealLedger(makeSealStore(database.pool), silentLogger, 1);
    for (let i = 0; i < 6; i += 1) {
      await insertCaptured(database.pool, 100n);
      await seal();
    }
  });
  after(() => database[Symbol.asyncDispose]());

  async function verified(seal?: { number: number; hash: string }): Promise<string> {
    const lines: string[] = [];
    const { pool } = database;
    const print = (line: string) => lines.push(line);
    await verify({ pool, print, ...(seal && { seal }) });
    return lines.join('\n');
  }

  it('is whole at first, and verify prints its newest seal and what waits', async () => {
    assert.deepEqual(await disagreements(database), []);
    await insertCaptured(database.pool, 100n);
    const printed = await verified();
    assert.match(printed, /^seals of the ledger: 6; ledger transactions that wait for one: 1$/m);
    const [, name = ''] = /^newest seal: (\S+)$/m.exec(printed) ?? [];
    const noted = parseSealName(name);
    assert.ok(noted);
    assert.deepEqual(await compareSeal(database.pool, noted), []);
  });

  it('shows a seal that was altered, removed in the middle or cut off', async () => {
    await tamper(
      database,
      [`update ledger_seals set digests = array[sha256('x')] where number = 2`],
      ['delete from ledger_seals where number = 4'],
      ['delete from ledger_seals where number = 6'],
    );
    const found = (await disagreements(database)).join('\n');
    assert.match(found, /seal 2: altered, or the one before it/);
    assert.match(found, /seal 5: a seal before it is missing/);
    assert.match(found, /seal 5: cut off: the head says 6 seals/);
    assert.match(found, /neither sealed nor waiting/, 'what the removed ones held has none');
    await tamper(database, ['delete from ledger_seal_head']);
    assert.match((await disagreements(database)).join('\n'), /seal 5: the head is missing/);
  });

  it('cut off with its head and its transactions is found by a seal kept elsewhere, alone', async () => {
    await using other = await makeTestDatabase();
    const seal = makeSealLedger(makeSealStore(other.pool), silentLogger, 1);
    const [, first] = await insertCaptured(other.pool, 100n);
    await seal();
    const [, last] = await insertCaptured(other.pool, 200n);
    await seal();
    const { newest: noted } = await readSealTotals(other.pool);
    assert.ok(noted && first < last);
    await tamper(
      other,
      [DELETE_ENTRIES, last],
      [DELETE_TRANSACTION, last],
      ['delete from ledger_seals where number = 2'],
      ['update ledger_seal_head set count = 1, hash = (select hash from ledger_seals)'],
    );
    assert.deepEqual(await disagreements(other), [], 'the database alone cannot know');
    const [found] = await compareSeal(other.pool, noted);
    assert.equal(found?.detail, 'there is no such seal: the newest ones were removed');
    await insertCaptured(other.pool, 300n);
    await seal();
    const [forged] = await compareSeal(other.pool, noted);
    assert.equal(forged?.detail, 'it has another hash');
  });
});

it('LED-7 the migration puts on the list what was booked before it, and can be taken back', async () => {
  await using database = await makeTestDatabase();
  const { pool } = database;
  const exists = async () =>
    (await pool.query<{ is: boolean }>(`select to_regclass('ledger_unsealed') is not null as is`))
      .rows[0]?.is;
  const client = await pool.connect();
  try {
    while (await exists()) {
      await runner({
        ...{ dbClient: client, dir: MIGRATIONS, direction: 'down', count: 1 },
        ...{ migrationsTable: 'schema_migrations', log() {} },
      });
    }
  } finally {
    client.release(true);
  }
  await insertCaptured(pool, 100n);
  await insertCaptured(pool, 200n);
  await migrate(pool, silentLogger);
  assert.equal((await readUnsealed(pool)).waiting, 2);
  await makeSealLedger(makeSealStore(pool), silentLogger)();
  assert.deepEqual(await disagreements(database), []);
});
