import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makeTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertPayment, type PaymentSeed } from '../support/payment-row.ts';
import { reconcile } from '../support/reconcile.ts';
import { call, mtnClient, startTestSimulators } from '../support/simulators.ts';

const HEADER = 'Id,External Id,Reference Id,Date,Status,Type,From,Amount,Currency';
const DAY = ['--from', '2026-11-20T00:00:00Z', '--to', '2026-11-21T00:00:00Z'];
const NOON = new Date('2026-11-20T12:00:00Z');

describe('LED-8 reconciliation', () => {
  let database: TestDatabase;
  let folder: string;
  before(async () => {
    database = await makeTestDatabase({ plansByKey: false });
    folder = await mkdtemp(join(tmpdir(), 'statement-'));
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const pay = (status: PaymentSeed['status'], more: Partial<PaymentSeed> = {}) => {
    const usual = { merchantId: 'shop', provider: 'MTN', market: 'ZM', currency: 'ZMW' };
    const providerReference = randomUUID();
    const seed = { ...usual, amountMinor: 2_000n, status, providerReference, dispatchedAt: NOON };
    return { ...seed, ...more };
  };
  const insert = async (...seeds: PaymentSeed[]) => {
    for (const seed of seeds) await insertPayment(database.pool, seed);
  };
  const lineOf = (reference: string, status: string, amount = '20') =>
    `1,x,${reference},2026-11-20 12:00:01,${status},PAYMENT,FRI:260961234567/MSISDN,${amount},ZMW`;
  const statementOf = async (...lines: string[]) => {
    const file = join(folder, `${randomUUID()}.csv`);
    await writeFile(file, [HEADER, ...lines, ''].join('\r\n'));
    return file;
  };
  const discrepancies = async () => {
    const text = 'select kind, payment_id is null as stranger from discrepancies order by id';
    return (await database.pool.query(text)).rows;
  };

  it('puts each payment and each line into its class, and opens each discrepancy once', async () => {
    const good = pay('SUCCEEDED');
    const wrongAmount = pay('SUCCEEDED');
    const takenAfterAll = pay('FAILED');
    const toldUntaken = pay('RECEIVED', { outcome: 'not_taken' });
    const open = pay('ACCEPTED');
    const unlisted = pay('SUCCEEDED');
    const twice = pay('SUCCEEDED');
    await insert(good, wrongAmount, takenAfterAll, toldUntaken, open, unlisted, twice);
    await insert(pay('FAILED'), pay('RECEIVED', { outcome: 'not_taken' }), pay('UNKNOWN'));
    // Too near to the end, and of another day: both belong to other statements.
    await insert(pay('SUCCEEDED', { dispatchedAt: new Date('2026-11-20T23:55:00Z') }));
    await insert(pay('SUCCEEDED', { dispatchedAt: new Date('2026-11-19T12:00:00Z') }));
    await insert(pay('SUCCEEDED', { market: 'UG' }), pay('SUCCEEDED', { provider: 'AIRTEL' }));
    const stranger = randomUUID();
    const file = await statementOf(
      lineOf(good.providerReference, 'SUCCESSFUL'),
      lineOf(wrongAmount.providerReference, 'SUCCESSFUL', '21.5'),
      lineOf(takenAfterAll.providerReference, 'SUCCESSFUL'),
      lineOf(toldUntaken.providerReference, 'PENDING'),
      lineOf(open.providerReference, 'SUCCESSFUL'),
      lineOf(twice.providerReference, 'SUCCESSFUL'),
      lineOf(twice.providerReference, 'SUCCESSFUL'),
      lineOf(stranger, 'SUCCESSFUL', '7'),
    );

    const first = await reconcile(database, 'MTN', file, '--market', 'ZM', ...DAY);
    assert.equal(first.differs, true);
    assert.deepEqual(
      first.report.classes.map((one) => [one.class, one.currency, one.count, one.sum]),
      [
        ['matched', 'ZMW', 2, '40.00'],
        ['not-charged', 'ZMW', 2, '40.00'],
        ['under-way', 'ZMW', 2, '40.00'],
        ['missing-at-provider', 'ZMW', 1, '20.00'],
        ['missing-here', 'ZMW', 1, '7.00'],
        ['amount-differs', 'ZMW', 1, '20.00'],
        ['state-differs', 'ZMW', 2, '40.00'],
        ['charged-twice', 'ZMW', 1, '20.00'],
      ],
    );
    assert.equal(first.report.discrepanciesOpened, 6);
    const kinds = (await discrepancies()).map(({ kind }) => kind);
    assert.deepEqual(kinds.toSorted(), [
      ...['amount-differs', 'charged-twice', 'missing-at-provider', 'missing-here'],
      ...['state-differs', 'succeeded-after-failed'],
    ]);
    const missing = first.report.differences.find((one) => one.class === 'missing-here');
    assert.deepEqual([missing?.reference, missing?.paymentId], [stranger, null]);
    assert.deepEqual([missing?.ours, missing?.theirs?.line], [null, 9]);
    assert.equal(first.csv.length, 1 + 8 + 6);
    const shown = [...first.printed, ...first.csv, JSON.stringify(first.report)].join('\n');
    assert.doesNotMatch(shown, /961234567/, 'a wallet is in the report');

    const second = await reconcile(database, 'MTN', file, '--market', 'ZM', ...DAY);
    assert.deepEqual(second.report.classes, first.report.classes);
    assert.equal(second.report.discrepanciesOpened, 0);
    assert.equal((await discrepancies()).length, 6);
  });

  it('says nothing differs where both say the same, and asks for a market where there are two', async () => {
    const one = pay('SUCCEEDED', { market: 'RW', dispatchedAt: new Date('2026-10-01T12:00:00Z') });
    await insert(one);
    const file = await statementOf(lineOf(one.providerReference, 'SUCCESSFUL'));
    const period = ['--from', '2026-10-01T00:00:00Z', '--to', '2026-10-02T00:00:00Z'];
    const { differs, report } = await reconcile(database, 'MTN', file, '--market', 'RW', ...period);
    assert.deepEqual([differs, report.differences], [false, []]);
    await assert.rejects(reconcile(database, 'MTN', file), /several markets, say --market/);
    await assert.rejects(reconcile(database, 'NONE', file), /--provider is one of MTN, AIRTEL/);
    await assert.rejects(reconcile(database, 'MTN', `${file}x`, '--market', 'RW'), /ENOENT/);
  });

  it('writes nothing where a line cannot be read', async () => {
    const before = await discrepancies();
    const file = await statementOf(
      lineOf(randomUUID(), 'SUCCESSFUL'),
      lineOf('broken', 'SUCCESSFUL'),
    );
    const run = reconcile(database, 'MTN', file, '--market', 'ZM', ...DAY);
    await assert.rejects(run, /line 3: Reference Id cannot be read/);
    assert.deepEqual(await discrepancies(), before);
  });

  it("reads the simulator's statement of a period; the control call changes nothing", async () => {
    let nowMs = Date.parse('2026-11-20T10:00:00Z');
    await using stack = new AsyncDisposableStack();
    const simulators = await startTestSimulators({ nowMs: () => nowMs });
    stack.defer(() => simulators.close());
    const client = await mtnClient(simulators);
    for (let n = 0; n < 3; n += 1) {
      const charge = pay('SUCCEEDED', { market: 'CM', dispatchedAt: new Date(nowMs) });
      await insert(charge);
      assert.equal((await client.charge({ reference: charge.providerReference })).status, 202);
      nowMs += 900_000;
    }
    const url = `${simulators.url}/control/statements/mtn`;
    const { text, headers } = await call(
      `${url}?from=2026-11-20T10:15:00Z&to=2026-11-20T10:30:00Z`,
    );
    assert.equal(headers.get('content-type'), 'text/csv; charset=utf-8');
    assert.equal(text.trimEnd().split('\r\n').length, 2);
    assert.equal((await call(`${url}?from=yesterday`)).status, 400);
    assert.equal((await call(`${simulators.url}/control/statements/none`)).status, 404);
    const period = [
      '--market',
      'CM',
      '--from',
      '2026-11-20T10:00:00Z',
      '--to',
      '2026-11-20T13:00:00Z',
    ];
    const { report } = await reconcile(database, 'MTN', url, ...period, '--margin', '0');
    assert.deepEqual(
      report.classes.map((one) => [one.class, one.count]),
      [['matched', 3]],
    );
  });
});
