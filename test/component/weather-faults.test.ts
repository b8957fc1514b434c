/** Every fault of a provider, for both: the answer that the contract's table gives it, and a proper end. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { compareBooks, readCharges } from '../../src/adapters/postgres/books.ts';
import { compareCharges, type TakenCharge } from '../../src/usecases/compare-charges.ts';
import { eventually } from '../support/eventually.ts';
import { newKey, type Rig, SHORT_TIMINGS, startRig } from '../support/gateway-rig.ts';
import type { Answer } from '../support/simulators.ts';

const PROVIDERS = [
  { provider: 'AIRTEL', prefix: '+26097' },
  { provider: 'MTN', prefix: '+26096' },
] as const;

interface Row {
  fault: string;
  /** More of the rule. */
  rule?: object;
  status: number;
  /** Of the payment, or of the problem. */
  says: string;
  /** How the payment ends, by itself. */
  end: 'SUCCEEDED' | 'FAILED' | 'RECEIVED';
  /** `failure.code` of that end. */
  failure?: string;
  charges: 0 | 1;
}

const notTaken = { status: 202, says: 'UNKNOWN', end: 'FAILED', charges: 0 } as const;
const taken = { status: 202, says: 'UNKNOWN', end: 'SUCCEEDED', charges: 1 } as const;
const refused = { status: 502, says: 'provider-refused', end: 'RECEIVED', charges: 0 } as const;
const declined = { status: 402, says: 'payment-declined', end: 'FAILED', charges: 0 } as const;
const accepted = { status: 202, says: 'ACCEPTED', end: 'SUCCEEDED', charges: 1 } as const;
const failsLater = { ...accepted, end: 'FAILED' } as const;

const CHARGE_FAULTS: readonly Row[] = [
  { fault: 'refuse', ...refused },
  { fault: 'too-many', ...refused },
  { fault: 'unauthorized', ...refused },
  // A token that has become bad is renewed, and the charge is sent with the new one.
  { fault: 'unauthorized', rule: { times: 1 }, ...accepted },
  { fault: 'http-500', ...notTaken, failure: 'not-taken' },
  { fault: 'hang', ...notTaken, failure: 'not-taken' },
  { fault: 'reset-before', ...notTaken, failure: 'not-taken' },
  { fault: 'redirect', ...notTaken, failure: 'not-taken' },
  { fault: 'reset-after', ...taken },
  { fault: 'timeout-after', ...taken },
  { fault: '500-after', ...taken },
  { fault: 'garbage', ...taken },
  { fault: 'html', ...taken },
  { fault: 'truncated', ...taken },
  { fault: 'huge', ...taken },
  { fault: 'slow', rule: { delayMs: 100 }, ...accepted },
  { fault: 'slow', rule: { delayMs: 60_000 }, ...taken },
  ...[
    ...['insufficient-funds', 'limit-exceeded', 'payer-not-found', 'payer-not-allowed'],
    ...['payer-rejected', 'payer-timeout', 'cancelled', 'amount-rejected'],
  ].map((reason) => ({
    fault: 'decline',
    rule: { reason },
    ...declined,
    failure: reason,
  })),
];

/** By their last digit, without any rule. */
const KNOWN_WALLETS: readonly (Row & { digit: number })[] = [
  { digit: 1, fault: 'known wallet 1', ...failsLater, failure: 'insufficient-funds' },
  { digit: 2, fault: 'known wallet 2', ...failsLater, failure: 'limit-exceeded' },
  { digit: 3, fault: 'known wallet 3', ...failsLater, failure: 'payer-not-found' },
  { digit: 4, fault: 'known wallet 4', ...failsLater, failure: 'payer-rejected' },
  { digit: 5, fault: 'known wallet 5', ...failsLater, failure: 'payer-timeout' },
  { digit: 7, fault: 'known wallet 7', ...accepted },
  { digit: 8, fault: 'known wallet 8', ...declined, failure: 'payer-not-allowed' },
  { digit: 9, fault: 'known wallet 9', ...taken },
];

/** MTN's own numbers, by their last two digits. */
const MTN_SANDBOX: readonly (Row & { digits: number })[] = [
  { digits: 50, fault: 'sandbox number 50', ...failsLater, failure: 'provider-error' },
  { digits: 51, fault: 'sandbox number 51', ...failsLater, failure: 'payer-rejected' },
  { digits: 52, fault: 'sandbox number 52', ...failsLater, failure: 'payer-timeout' },
  { digits: 55, fault: 'sandbox number 55', ...failsLater, failure: 'payer-not-found' },
  { digits: 57, fault: 'sandbox number 57', ...failsLater, failure: 'provider-rejected' },
];

/** What a status query can meet: none of it proves anything about the charge. */
const STATUS_FAULTS = [
  ...['refuse', 'too-many', 'unauthorized', 'http-500', '500-after', 'hang', 'timeout-after'],
  ...['reset-before', 'reset-after', 'garbage', 'html', 'truncated', 'huge', 'redirect', 'slow'],
  ...['pending-forever', 'listed-late'],
];

interface Sent {
  row: Row;
  provider: string;
  key: string;
  msisdn: string;
  answer: Answer;
}

/** A wallet of its own for each case, so that all of them go on at once. */
function walletOf(prefix: string, place: number): string {
  return `${prefix}1${String(place).padStart(6, '0')}`;
}

function describeRow({ fault, rule = {} }: Row): string {
  const more = Object.values(rule);
  return more.length === 0 ? fault : `${fault} (${more.join()})`;
}

const payer = (msisdn: string) => ({ payer: { msisdn } });

/** A few at once: a crowd would time the machine and not the fault. */
async function eachOf<T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await task(item);
  };
  await Promise.all(Array.from({ length: 6 }, worker));
}

async function assertBooksAgree(rig: Rig): Promise<void> {
  const { pool } = rig.database;
  assert.deepEqual(await compareBooks(pool), []);
  const charges = (await rig.control.charges()) as TakenCharge[];
  assert.deepEqual(compareCharges(charges, await readCharges(pool)), []);
}

describe('a charge that meets', () => {
  const owned = new AsyncDisposableStack();
  let rig: Rig;
  const sent = new Map<string, Sent>();
  /** Ahead of the real clock, for what takes a provider long. */
  const clock = { aheadMs: 0 };

  const cases = PROVIDERS.flatMap(({ provider, prefix }) => [
    ...CHARGE_FAULTS.map((row, place) => ({ row, provider, msisdn: walletOf(prefix, place) })),
    ...KNOWN_WALLETS.map((row) => ({ row, provider, msisdn: `${prefix}000000${row.digit}` })),
  ]);
  for (const row of MTN_SANDBOX) {
    cases.push({ row, provider: 'MTN', msisdn: `+467331234${row.digits}` });
  }

  before(async () => {
    const simulators = { nowMs: () => Date.now() + clock.aheadMs };
    rig = owned.use(await startRig({ apis: 2, env: SHORT_TIMINGS, simulators }));
    await rig.control.faults(
      ...cases
        .filter(({ row }) => CHARGE_FAULTS.includes(row))
        .map(({ row: { fault, rule }, provider, msisdn }) => ({
          ...{ provider, operation: 'charge', fault, match: { msisdn } },
          ...rule,
        })),
    );
    // The tokens come first, and none of them late.
    for (const { prefix } of PROVIDERS) {
      for (const api of [0, 1]) {
        await rig.pay({ api, body: payer(walletOf(prefix, 999)) });
      }
    }
    await eachOf(cases, async (one) => {
      const key = newKey();
      const body = { ...payer(one.msisdn), provider: one.provider };
      const answer = await rig.pay({ key, api: sent.size % 2, body });
      sent.set(one.msisdn, { ...one, key, answer });
    });
    clock.aheadMs = 15_000;
  });
  after(() => owned.disposeAsync());

  for (const { row, provider, msisdn } of cases) {
    const { status, says, end, failure, charges } = row;
    const code = failure === undefined ? end : `${end} ${failure}`;
    it(`${describeRow(row)} at ${provider} is ${status} ${says}, and ends ${code}`, async () => {
      const { answer } = sent.get(msisdn) as Sent;
      assert.deepEqual([answer.status, answer.json.code ?? answer.json.status], [status, says]);
      assert.equal(answer.json.provider, provider);
      const payment = await rig.settled(answer, end, 20_000);
      assert.equal(payment.failure?.code, failure);
      if (status === 402) assert.equal(answer.json.failure.code, failure);
      const listed = await rig.chargesOf(answer);
      assert.equal(listed.length, charges);
      if (row.fault === 'too-many') assert.equal(answer.headers.get('retry-after'), '1');
    });
  }

  it('anything of these is never charged by its key again, and a refusal is driven again', async () => {
    await rig.control.clear();
    await eachOf([...sent.values()], async ({ row, provider, key, msisdn, answer }) => {
      const repeated = await rig.pay({ key, body: { ...payer(msisdn), provider } });
      const driven = row.end === 'RECEIVED';
      assert.equal(repeated.status, driven ? 202 : answer.status, describeRow(row));
      if (!driven) assert.equal(repeated.text, answer.text);
      const charges = await rig.chargesOf(repeated);
      assert.equal(charges.length, driven ? 1 : row.charges);
      if (driven) await rig.settled(repeated, 'SUCCEEDED');
    });
    await assertBooksAgree(rig);
  });
});

describe('a status query that meets', () => {
  const owned = new AsyncDisposableStack();
  let rig: Rig;
  const answers = new Map<string, Answer>();
  const cases = PROVIDERS.flatMap(({ provider, prefix }) =>
    STATUS_FAULTS.map((fault, place) => ({ provider, fault, msisdn: walletOf(prefix, place) })),
  );
  const stuck = PROVIDERS.map(({ provider, prefix }) => ({
    ...{ provider, fault: 'known wallet 6', msisdn: `${prefix}0000006` },
  }));

  before(async () => {
    const review = { MANUAL_REVIEW_AFTER_MS: '5400', MANUAL_REVIEW_EVERY_MS: '300' };
    rig = owned.use(await startRig({ env: { ...SHORT_TIMINGS, ...review } }));
    await rig.control.faults(
      ...cases.map(({ provider, fault, msisdn }) => ({
        ...{ provider, operation: 'status', fault, match: { msisdn } },
        ...(fault === 'listed-late' && { delayMs: 60_000 }),
      })),
    );
    await eachOf([...cases, ...stuck], async ({ msisdn }) => {
      answers.set(msisdn, await rig.pay({ body: payer(msisdn) }));
    });
  });
  after(() => owned.disposeAsync());

  for (const { provider, fault, msisdn } of [...cases, ...stuck]) {
    it(`AMB-7 ${fault} at ${provider} proves nothing: MANUAL_REVIEW, and never FAILED`, async () => {
      const answer = answers.get(msisdn) as Answer;
      assert.deepEqual([answer.status, answer.json.status], [202, 'ACCEPTED']);
      const payment = await rig.settled(answer, 'MANUAL_REVIEW', 20_000);
      assert.equal(payment.failure, null);
    });
  }

  it('AMB-7 what is in review is still asked about, and the provider’s word ends it', async () => {
    await rig.control.clear();
    for (const { msisdn } of cases) await rig.settled(answers.get(msisdn) as Answer, 'SUCCEEDED');
    for (const { msisdn } of stuck) {
      await rig.settled(answers.get(msisdn) as Answer, 'MANUAL_REVIEW');
    }
    await assertBooksAgree(rig);
  });

  it('AMB-4 a charge that was accepted and is not listed after the grace is a discrepancy', async () => {
    const { rows } = await rig.database.pool.query<{ payment_id: string; kind: string }>(
      'select payment_id, kind from discrepancies',
    );
    const late = cases.filter(({ fault }) => fault === 'listed-late');
    const expected = late.map(({ msisdn }) => answers.get(msisdn)?.json.id);
    assert.deepEqual(rows.map(({ payment_id }) => payment_id).sort(), expected.sort());
    assert.deepEqual(new Set(rows.map(({ kind }) => kind)), new Set(['charge-not-found']));
  });
});

describe('a token request that meets', () => {
  const owned = new AsyncDisposableStack();
  let rig: Rig;
  const faults = [
    ...['refuse', 'too-many', 'unauthorized', 'http-500', '500-after', 'hang', 'timeout-after'],
    ...['reset-before', 'reset-after', 'garbage', 'html', 'truncated', 'huge', 'redirect'],
  ];

  before(async () => {
    rig = owned.use(await startRig({ env: SHORT_TIMINGS, worker: false }));
  });
  after(() => owned.disposeAsync());

  for (const fault of [...faults, 'slow']) {
    it(`${fault} is 502 provider-unreachable, and the key drives to one charge`, async () => {
      await rig.control.faults(
        ...PROVIDERS.map(({ provider }) => ({ provider, operation: 'token', fault })),
      );
      // A copy that has no token yet.
      const api = await rig.startApi();
      const payments = PROVIDERS.map(({ provider, prefix }) => {
        const key = newKey();
        const body = payer(walletOf(prefix, 1));
        return { provider, pay: () => rig.pay({ key, api, body }) };
      });
      const refusals = await Promise.all(payments.map(({ pay }) => pay()));
      for (const { status, json } of refusals) {
        assert.deepEqual([status, json.code], [502, 'provider-unreachable']);
        const { json: payment } = await rig.get(`/v1/payments/${json.paymentId}`);
        assert.deepEqual([payment.status, payment.attempts[0].outcome], ['RECEIVED', 'not_taken']);
      }
      await rig.control.clear();
      for (const { provider, pay } of payments) {
        const driven = await eventually(async () => {
          const answer = await pay();
          assert.equal(answer.status, 202, answer.text);
          return answer;
        });
        const [charge, ...others] = await rig.chargesOf(driven);
        assert.deepEqual([charge?.requests, others.length], [1, 0], provider);
      }
      await api.close();
    });
  }
});
