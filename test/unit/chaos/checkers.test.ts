import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CHECKERS } from '../../chaos/checkers/index.ts';
import type { Facts } from '../../chaos/facts.ts';

/** One payment as it should be, and all books agree. */
function goodFacts(): Facts {
  const text = '{"id":"pay_1"}';
  return {
    keys: [
      {
        key: 'k1',
        amount: '1.01',
        invokes: 2,
        oks: [{ status: 202, paymentId: 'pay_1', text }],
        fails: ['503 store-unavailable'],
        infos: 0,
      },
    ],
    payments: new Map([
      [
        'pay_1',
        {
          id: 'pay_1',
          status: 'SUCCEEDED',
          amount: '1.01',
          currency: 'ZMW',
          failureCode: null,
          attempts: [{ provider: 'MTN', reference: 'r1', outcome: 'accepted' }],
          captured: '1.01',
        },
      ],
    ]),
    charges: [
      {
        provider: 'MTN',
        reference: 'r1',
        externalId: 'x',
        msisdn: '+260961234567',
        amount: '1.01',
        currency: 'ZMW',
        status: 'SUCCEEDED',
        requests: 1,
      },
    ],
    unbalanced: [],
    discrepancies: [],
    events: [
      { id: 'e1', subject: 'pay_1', sequence: 1, status: 'ACCEPTED' },
      { id: 'e2', subject: 'pay_1', sequence: 2, status: 'SUCCEEDED' },
    ],
    deadLetters: 0,
    outboxPending: 0,
    replays: [
      { key: 'k1', first: { status: 202, text }, again: { status: 202, text, replayed: true } },
    ],
    verify: { code: 0, output: '' },
    leaks: [],
    logLines: 10,
    problems: [],
  };
}

/** Names of the checkers that object. */
function objections(change: (facts: Facts) => Partial<Facts>): string[] {
  const good = goodFacts();
  const facts = { ...good, ...change(good) };
  return CHECKERS.filter(({ check }) => check(facts).length > 0).map(({ name }) => name);
}

const paymentIs = (facts: Facts, over: object) => ({
  payments: new Map([...facts.payments].map(([id, payment]) => [id, { ...payment, ...over }])),
});
const keyIs = ({ keys: [key] }: Facts, over: object) => ({ keys: [{ ...key!, ...over }] });
const chargeIs = ({ charges: [charge] }: Facts, over: object) => ({
  charges: [{ ...charge!, ...over }],
});

/** Each broken promise, and who must see it; others may see it too. */
const BROKEN: [what: string, checker: string, change: (facts: Facts) => Partial<Facts>][] = [
  [
    'a second charge under another reference',
    'one charge per key',
    ({ charges: [charge] }) => ({ charges: [charge!, { ...charge!, reference: 'r2' }] }),
  ],
  [
    'more charges sent than the requests of the merchant explain',
    'one charge per key',
    (facts) => chargeIs(facts, { requests: 5 }),
  ],
  ['a payment that is gone', 'told is recorded', () => ({ payments: new Map() })],
  ['another amount in the store', 'told is recorded', (facts) => paymentIs(facts, { amount: '2' })],
  ['a success that nobody charged', 'told is recorded', () => ({ charges: [] })],
  [
    'a FAILED that the provider charged',
    'told is recorded',
    (facts) => paymentIs(facts, { status: 'FAILED', captured: null, failureCode: 'not-taken' }),
  ],
  ['one key, two payments', 'told is recorded', twoPayments],
  [
    'a charge that nobody knows',
    'charges are known',
    (facts) => chargeIs(facts, { reference: 'r9' }),
  ],
  ['another amount taken', 'charges are known', (facts) => chargeIs(facts, { amount: '1.02' })],
  ['money moved by a 5xx', 'refusals moved nothing', (facts) => keyIs(facts, { oks: [] })],
  [
    'a lost answer that stays lost',
    'unknowns are resolved',
    (facts) => keyIs(facts, { oks: [], infos: 1 }),
  ],
  [
    'a payment that is stuck',
    'payments rest',
    (facts) => paymentIs(facts, { status: 'UNKNOWN', captured: null }),
  ],
  [
    'a discrepancy',
    'payments rest',
    () => ({ discrepancies: [{ paymentId: 'pay_1', kind: 'amount-differs' }] }),
  ],
  [
    'a success without its posting',
    'ledger balances',
    (facts) => paymentIs(facts, { captured: null }),
  ],
  ['debits that are not credits', 'ledger balances', () => ({ unbalanced: ['all ZMW'] })],
  ['a message that waits', 'outbox is empty', () => ({ outboxPending: 1 })],
  ['a dead letter', 'outbox is empty', () => ({ deadLetters: 1 })],
  [
    'other bytes the second time',
    'replays are equal',
    ({ replays: [one] }) => ({
      replays: [{ ...one!, again: { status: 202, text: '{ }', replayed: true } }],
    }),
  ],
  [
    'a key that was forgotten',
    'replays are equal',
    ({ replays: [one] }) => ({ replays: [{ ...one!, again: { ...one!.first, replayed: false } }] }),
  ],
  [
    'a way back',
    'moves are legal',
    ({ events: [first, second] }) => ({
      events: [
        { ...first!, status: 'SUCCEEDED' },
        { ...second!, status: 'ACCEPTED' },
      ],
    }),
  ],
  ['an event never told', 'moves are legal', ({ events: [first] }) => ({ events: [first!] })],
  ['a gap in the events', 'events in order', ({ events: [, second] }) => ({ events: [second!] })],
  [
    'two events in one place',
    'events in order',
    ({ events }) => ({ events: [...events, { ...events[1]!, id: 'e3' }] }),
  ],
  ['books that disagree', 'verify agrees', () => ({ verify: { code: 1, output: 'NOT SO' } })],
  ['a secret in a log', 'nothing leaks', () => ({ leaks: ['a canary stands in: …'] })],
  ['a 500', 'clients are served', () => ({ problems: ['k1 was answered 500'] })],
];

function twoPayments(facts: Facts): Partial<Facts> {
  const [payment] = facts.payments.values();
  return {
    ...keyIs(facts, {
      oks: ['pay_1', 'pay_2'].map((paymentId) => ({ status: 202, paymentId, text: '' })),
    }),
    payments: new Map([...facts.payments, ['pay_2', { ...payment!, id: 'pay_2', attempts: [] }]]),
  };
}

describe('CHX-4 the checkers', () => {
  it('object to nothing when all books agree', () => {
    assert.deepEqual(
      objections(() => ({})),
      [],
    );
  });

  for (const [what, checker, change] of BROKEN) {
    it(`see ${what}`, () => {
      const names = objections(change);
      assert.ok(names.includes(checker), `objections: ${names.join(', ') || 'none'}`);
    });
  }

  it('each has a broken promise here that it sees', () => {
    const tried = new Set(BROKEN.map(([, checker]) => checker));
    assert.deepEqual([...tried].sort(), CHECKERS.map(({ name }) => name).sort());
  });
});
