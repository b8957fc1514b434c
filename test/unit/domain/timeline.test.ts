import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canonicalJson } from '../../../src/domain/canonical-json.ts';
import { type Decision, NOTHING } from '../../../src/domain/decision.ts';
import type { Payment } from '../../../src/domain/payment.ts';
import {
  decisionFacts,
  dispatchFact,
  EVIDENCE_SOURCES,
  FACT_KINDS,
  type Fact,
  heardFact,
  heardFromQuery,
  intentFacts,
  NO_HINTS,
} from '../../../src/domain/timeline.ts';
import { headAfter, linkFacts, makeLink, NO_LINKS } from '../../../src/usecases/link-facts.ts';

const at = new Date('2026-11-21T08:00:00.000Z');
const payment = {
  id: 'pay_1',
  amountMinor: 2_000n,
  currency: 'ZMW',
  provider: 'MTN',
  market: 'ZM',
  payerMasked: '+260*****4567',
  reference: 'Bücher "7"',
  attempts: [{ number: 1, provider: 'MTN', market: 'ZM', providerReference: 'r' }],
} as unknown as Payment;
const hints = { heard: 3, told: 1, lastAt: at, lastClaimed: 'failed' };
const everything: Decision = {
  ...NOTHING,
  status: 'SUCCEEDED',
  attempt: { outcome: 'accepted', reason: null, mayHaveLeft: true },
  capture: true,
  discrepancy: { kind: 'amount-differs', detail: 'd' },
};
const operator = { by: 'ann', reason: 'statement' };
const succeeded = heardFromQuery(
  { kind: 'succeeded', failure: false, taken: null, providerTransactionId: null },
  at,
);

describe('a link of a timeline', () => {
  it('is canonical JSON for every kind of fact, though nothing sorts it', () => {
    const facts: Fact[] = [
      ...intentFacts(payment, 'q', at),
      dispatchFact(
        { requestId: 'q', providerReference: 's', provider: 'AIRTEL', market: 'ZM' },
        at,
      ),
      ...decisionFacts(payment, everything, { evidence: succeeded, hints, operator }, at),
      ...EVIDENCE_SOURCES.filter((source) => source !== 'callback-hint').map((source) =>
        heardFact({ source, at: at.toISOString(), says: 's', reason: 'r' }),
      ),
    ];
    assert.deepEqual(new Set(facts.map(({ kind }) => kind)), new Set(FACT_KINDS));
    assert.equal(makeLink('pay_1', NO_LINKS, facts).facts, canonicalJson(facts));
  });

  it('tells hints, word, person, state and money in the order in which they came about', () => {
    const told = decisionFacts(payment, everything, { evidence: succeeded, hints, operator }, at);
    assert.deepEqual(
      told.map(({ kind }) => kind),
      [
        ...['callback-hint', 'status-query', 'operator', 'attempt', 'state', 'posting'],
        'discrepancy',
      ],
    );
    assert.equal(told[0]?.kind === 'callback-hint' && told[0].count, 2);
  });

  it('is none where nothing was asked and nothing changed: the head stays', () => {
    const unasked = heardFromQuery({ kind: 'unclear', failure: false, reason: 'breaker-open' }, at);
    assert.equal(unasked, null);
    const facts = decisionFacts(payment, NOTHING, { evidence: unasked, hints: NO_HINTS }, at);
    const head = { count: 2, hash: 'h' };
    assert.deepEqual(headAfter(head, linkFacts('pay_1', head, facts)), head);
  });

  it('is another one for another payment, another place and another fact before it', () => {
    const facts = intentFacts(payment, 'q', at);
    const first = makeLink('pay_1', NO_LINKS, facts);
    const hashes = [
      first.hash,
      makeLink('pay_2', NO_LINKS, facts).hash,
      makeLink('pay_1', { count: 1, hash: first.hash }, facts).hash,
      makeLink('pay_1', { count: 2, hash: first.hash }, facts).hash,
    ];
    assert.equal(new Set(hashes).size, hashes.length);
  });
});
