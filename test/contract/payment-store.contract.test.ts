/** One suite for every PaymentStore: what it says, Postgres and the simulation's store both keep. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { it } from 'node:test';
import { type Decision, decideOutcome, NOTHING } from '../../src/domain/decision.ts';
import type { ChargeOutcome } from '../../src/domain/provider.ts';
import { decideSettlement } from '../../src/domain/settlement.ts';
import type { HeldPayment, Intent, Route } from '../../src/domain/store.ts';
import { systemIds } from '../../src/system.ts';
import { type Holding, makeDecisionWriter } from '../../src/usecases/write-decision.ts';
import {
  DEMO_TIMING,
  dispatchLink,
  holdFirst,
  makeIntent,
  NOTHING_HEARD,
  routeOf,
} from '../support/holding.ts';
import { describeEachStore } from '../support/store-harness.ts';

const answer = { status: 202, contentType: 'application/json', body: '{}' };
const write = makeDecisionWriter({
  ids: systemIds,
  timing: DEMO_TIMING,
  render: {
    accepted: ({ id }) => ({ ...answer, paymentId: id }),
    declined: ({ id }) => ({ ...answer, status: 402, paymentId: id }),
    expired: (id) => ({ ...answer, status: 422, paymentId: id }),
  },
});
const accepted: ChargeOutcome = { kind: 'accepted', failure: false, duplicate: false };
const refused = {
  ...({ kind: 'not_taken', failure: true, cause: 'refused', reason: 'http-429' } as const),
  providerCode: null,
} satisfies ChargeOutcome;
const unreachable: ChargeOutcome = { ...refused, cause: 'unreachable', reason: 'connect-refused' };
const unknown: ChargeOutcome = { kind: 'unknown', failure: true, reason: 'timeout' };
const AIRTEL = { provider: 'AIRTEL' };
const DAY_MS = 86_400_000;
const decide = (outcome: ChargeOutcome): Decision => decideOutcome(outcome, DAY_MS);

describeEachStore('PaymentStore', (harness) => {
  const moveOf = (held: Holding, decision: Decision) =>
    write(held, decision, NOTHING_HEARD, new Date()).move;

  async function begin(over: Partial<Intent> = {}): Promise<{ intent: Intent; held: Holding }> {
    const { store } = harness();
    const intent = makeIntent(over);
    assert.equal((await store.begin(intent)).kind, 'created');
    const payment = await store.find(intent.merchantId, intent.paymentId);
    assert.ok(payment);
    return { intent, held: holdFirst(payment, intent) };
  }

  async function claim(paymentId: string, leaseMs = 10_000): Promise<HeldPayment | undefined> {
    const due = await harness().store.claimDue(1_000, leaseMs);
    return due.find(({ payment }) => payment.id === paymentId);
  }

  async function redrive(intent: Intent, fence: bigint, over: Partial<Route> = {}) {
    const { paymentId, merchantId, keyHash } = intent;
    const { store } = harness();
    const row = await store.readKey(merchantId, keyHash);
    assert.ok(row);
    return await store.redrive(paymentId, fence, {
      ...{ requestId: 'req_2', traceparent: 't', leaseMs: 10_000, graceMs: 5_000 },
      ...{ link: dispatchLink(paymentId, row.timeline), resolvesInMs: 60_000 },
      route: { ...routeOf(intent), ...over },
    });
  }

  async function handOver(intent: Intent, held: Holding, over: Partial<Route> = {}) {
    const { id, attempts } = held.payment;
    return await harness().store.handOver(id, held.fence, {
      ...{ requestId: 'req_1', traceparent: 't', leaseMs: 10_000, graceMs: 5_000 },
      ...{ link: dispatchLink(id, held.timeline), resolvesInMs: 60_000 },
      ...{ ended: { reason: 'connect-refused', at: new Date() } },
      route: { ...routeOf(intent), providerReference: `${id}-${attempts.length}`, ...over },
    });
  }

  it('IDM-5 gives a key to exactly one of many intents at once', async () => {
    const keyHash = randomBytes(32);
    const { store, other } = harness();
    // Two processes: what one of them gathers into a batch of its own says nothing about the key.
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        (i % 2 === 0 ? store : other).begin(makeIntent({ keyHash })),
      ),
    );
    assert.equal(results.filter(({ kind }) => kind === 'created').length, 1);
    assert.equal((await store.begin(makeIntent({ keyHash }))).kind, 'exists');
  });

  it('keeps merchants with the same key apart, and refuses a reference twice', async () => {
    const { intent } = await begin();
    const { keyHash, providerReference } = intent;
    await begin({ merchantId: 'bolt', keyHash });
    await assert.rejects(harness().store.begin(makeIntent({ providerReference })));
    const { provider, market } = intent;
    const found = await harness().store.findByReference(provider, market, providerReference);
    assert.equal(found, intent.paymentId);
    assert.equal(await harness().store.find('bolt', intent.paymentId), null);
  });

  it('writes state, attempt, answer, messages and timeline in one commit', async () => {
    const { store, topicsOf } = harness();
    const { intent, held } = await begin();
    const fresh = await store.readKey('acme', intent.keyHash);
    assert.deepEqual([fresh?.answer, fresh?.leaseLive, fresh?.fence], [null, true, 1n]);
    assert.equal(await store.apply(moveOf(held, decide(accepted))), 'written');
    const row = await store.readKey('acme', intent.keyHash);
    assert.deepEqual(row?.answer, { ...answer, paymentId: intent.paymentId });
    assert.deepEqual([row?.status, row?.leaseLive], ['ACCEPTED', false]);
    const payment = await store.find('acme', intent.paymentId);
    assert.equal(payment?.attempts[0]?.outcome, 'accepted');
    assert.deepEqual(await topicsOf(intent.paymentId), ['payments.jobs', 'payments.events']);
    const page = await store.timeline('acme', intent.paymentId, { after: 0, limit: 10 });
    assert.deepEqual(page?.head, { count: 2, hash: page?.links[1]?.hash });
    assert.deepEqual(row?.timeline, page?.head);
  });

  it('IDM-11 writes nothing twice under one fence, and nothing under an old one', async () => {
    const { store, topicsOf } = harness();
    const { intent, held } = await begin();
    const move = moveOf(held, decide(accepted));
    assert.equal(await store.apply({ ...move, fence: 0n }), 'lost');
    assert.equal(await store.apply({ ...move, fence: 2n }), 'lost');
    assert.equal(await store.apply(move), 'written');
    assert.equal(await store.apply({ ...move, link: null, status: null }), 'lost');
    assert.equal((await topicsOf(intent.paymentId)).length, 2);
  });

  it('takes the fence of a due payment from its owner, whose late write is rejected', async () => {
    const { store } = harness();
    const { intent, held } = await begin({ leaseMs: 0 });
    const claimed = await claim(intent.paymentId);
    assert.equal(claimed?.fence, 2n);
    assert.equal(await claim(intent.paymentId), undefined, 'leased now');
    assert.equal(await store.apply(moveOf(held, decide(accepted))), 'lost');
    assert.ok(claimed);
    assert.equal(await store.apply(moveOf(claimed, decide(accepted))), 'written');
  });

  it('does not hand out what is not due', async () => {
    const { intent } = await begin();
    assert.equal(await claim(intent.paymentId), undefined);
  });

  it('IDM-11 drives nothing again but what was not taken, and not while a lease lives', async () => {
    const { store } = harness();
    const open = await begin({ leaseMs: 0 });
    assert.equal(await redrive(open.intent, 1n), null, 'an open attempt');
    await store.apply(moveOf(open.held, decide(accepted)));
    assert.equal(await redrive(open.intent, 1n), null, 'an accepted one');

    const { intent, held } = await begin();
    await store.apply(moveOf(held, { ...decide(refused), nextCheckInMs: 0 }));
    assert.equal((await claim(intent.paymentId))?.fence, 2n);
    assert.equal(await redrive(intent, 2n), null, 'somebody holds it');
  });

  it('drives a payment again by compare-and-set, once, with the same reference', async () => {
    const { intent, held } = await begin();
    await harness().store.apply(moveOf(held, decide(refused)));
    const both = await Promise.all([redrive(intent, 1n), redrive(intent, 1n)]);
    const [won, ...others] = both.filter((one) => one !== null);
    assert.equal(others.length, 0);
    assert.deepEqual([won?.fence, won?.requestId], [2n, 'req_2']);
    const attempt = won?.payment.attempts[0];
    assert.deepEqual([attempt?.outcome, attempt?.endedAt], [null, null]);
    assert.equal(attempt?.providerReference, intent.providerReference);
  });

  it('AMB-4 a re-drive starts grace and count of "not found" again', async () => {
    const { store } = harness();
    const { intent } = await begin({ leaseMs: 0, graceMs: 0 });
    const swept = await claim(intent.paymentId);
    assert.ok(swept && swept.graceLeftMs <= 0);
    const move = moveOf(swept, { ...decide(refused), notFoundCount: 2 });
    assert.equal(await store.apply({ ...move, statusQueries: 1 }), 'written');
    const held = await redrive(intent, 2n);
    assert.deepEqual([held?.notFoundCount, held?.statusQueries], [0, 0]);
    assert.ok(held && held.graceLeftMs > 14_000, `${held?.graceLeftMs}`);
  });

  it('AMB-2 ends what never left and begins at another provider in one commit, once', async () => {
    const { store } = harness();
    const { intent, held } = await begin();
    const both = await Promise.all([
      handOver(intent, held, AIRTEL),
      handOver(intent, held, AIRTEL),
    ]);
    const [won, ...others] = both.filter((one) => one !== null);
    assert.equal(others.length, 0);
    assert.ok(won && won.graceLeftMs > 14_000 && won.sinceDispatchMs < 1_000);
    assert.deepEqual([won.fence, won.attemptOutcome, won.mayHaveLeft], [2n, null, false]);
    const payment = await store.find('acme', intent.paymentId);
    assert.deepEqual([payment?.status, payment?.provider], ['RECEIVED', 'AIRTEL']);
    const tried = (attempts = payment?.attempts) =>
      attempts?.map((one) => [one.number, one.provider, one.outcome, one.reason]);
    const expected = [
      [1, 'MTN', 'not_taken', 'connect-refused'],
      [2, 'AIRTEL', null, null],
    ];
    assert.deepEqual([tried(), tried(won.payment.attempts)], [expected, expected]);
    assert.equal(await store.apply(moveOf(held, decide(accepted))), 'lost', 'the old fence');
    assert.equal(await store.apply(moveOf(won, decide(accepted))), 'written');
    const ended = (await store.find('acme', intent.paymentId))?.attempts;
    assert.deepEqual(
      ended?.map(({ outcome }) => outcome),
      ['not_taken', 'accepted'],
    );
    for (const { provider, market, providerReference } of ended ?? []) {
      const found = await store.findByReference(provider, market, providerReference);
      assert.equal(found, intent.paymentId);
    }
    const page = await store.timeline('acme', intent.paymentId, { after: 0, limit: 10 });
    assert.equal(page?.head.count, 3);
  });

  it('AMB-2 goes to no other provider once a request of any attempt may have left', async () => {
    const { store } = harness();
    for (const outcome of [refused, unknown, accepted]) {
      const { intent, held } = await begin();
      await store.apply(moveOf(held, decide(outcome)));
      assert.equal(await redrive(intent, 1n, AIRTEL), null, outcome.kind);
      const row = await store.readKey('acme', intent.keyHash);
      assert.equal(row?.mayHaveLeft, true);
    }
    const { intent, held } = await begin();
    await store.apply(moveOf(held, decide(refused)));
    const again = await redrive(intent, 1n);
    assert.ok(again?.mayHaveLeft);
    assert.equal(await handOver(intent, again, AIRTEL), null, 'an old refusal sticks');
    await store.apply(moveOf(again, decide(unreachable)));
    assert.equal(await redrive(intent, 2n, AIRTEL), null, 'and after one that never left');
    assert.equal((await store.readKey('acme', intent.keyHash))?.provider, 'MTN');
  });

  it('AMB-2 goes elsewhere by a re-drive, and back with the stored reference, to one row each', async () => {
    const { store } = harness();
    const { intent, held } = await begin();
    await store.apply(moveOf(held, decide(unreachable)));
    assert.equal((await store.readKey('acme', intent.keyHash))?.mayHaveLeft, false);
    const there = await redrive(intent, 1n, { ...AIRTEL, providerReference: intent.paymentId });
    assert.equal(there?.payment.provider, 'AIRTEL');
    assert.ok(there);
    const back = await handOver(intent, there, { providerReference: 'another' });
    const references = [intent.providerReference, intent.paymentId];
    for (const payment of [back?.payment, await store.find('acme', intent.paymentId)]) {
      assert.equal(payment?.provider, 'MTN');
      assert.deepEqual(
        payment?.attempts.map((one) => one.providerReference),
        references,
      );
      assert.deepEqual(
        payment?.attempts.map(({ outcome }) => outcome),
        [null, 'not_taken'],
      );
    }
    assert.ok(back);
    assert.equal(await store.apply(moveOf(back, decide(accepted))), 'written');
    const row = await store.readKey('acme', intent.keyHash);
    assert.deepEqual([row?.provider, row?.attemptOutcome], ['MTN', 'accepted']);
  });

  it('AMB-2 hands nothing over that somebody else has taken, or that is at its end', async () => {
    const { store } = harness();
    const taken = await begin({ leaseMs: 0 });
    assert.ok(await claim(taken.intent.paymentId));
    assert.equal(await handOver(taken.intent, taken.held, AIRTEL), null);
    const ended = await begin();
    await store.apply(moveOf(ended.held, decide(unreachable)));
    assert.equal(await handOver(ended.intent, ended.held, AIRTEL), null);
    const same = await begin();
    assert.equal(await handOver(same.intent, same.held), null, 'to where it stands');
  });

  it('AMB-8 follows no hint of a provider that the payment went on from', async () => {
    const { store } = harness();
    const { intent, held } = await begin();
    await handOver(intent, held, AIRTEL);
    assert.equal(await store.hint(intent.paymentId, 'MTN', 'succeeded'), 'elsewhere');
    const read = async () => (await store.find('acme', intent.paymentId))?.evidence;
    assert.deepEqual(await read(), []);
    assert.equal(await store.hint(intent.paymentId, 'AIRTEL', 'pending'), 'taken');
    assert.equal((await read())?.length, 1);
  });

  it('refuses a move that the state graph does not have, and writes nothing of it', async () => {
    const { store, topicsOf } = harness();
    const { intent, held } = await begin();
    const illegal: Decision = { ...NOTHING, status: 'SUCCEEDED', event: 'payment.succeeded' };
    await assert.rejects(store.apply(moveOf(held, illegal)));
    assert.equal((await store.find('acme', intent.paymentId))?.status, 'RECEIVED');
    assert.deepEqual(await topicsOf(intent.paymentId), []);
    assert.equal(await store.apply(moveOf(held, decide(accepted))), 'written');
  });

  it('LED-1 posts what is balanced, with the state, and refuses anything else', async () => {
    const { store, entriesOf } = harness();
    const { intent, held } = await begin();
    await store.apply(moveOf(held, { ...decide(accepted), nextCheckInMs: 0 }));
    const claimed = await claim(intent.paymentId);
    assert.ok(claimed);
    const decision = decideSettlement(
      claimed,
      { kind: 'succeeded', failure: false, taken: null, providerTransactionId: null },
      DEMO_TIMING,
      () => 0,
    );
    const move = moveOf(claimed, decision);
    assert.ok(move.posting);
    const [first] = move.posting.entries;
    const lame = { ...move.posting, entries: first ? [first] : [] };
    await assert.rejects(store.apply({ ...move, posting: lame }));
    assert.deepEqual(await entriesOf(intent.paymentId), []);
    assert.equal(await store.apply(move), 'written');
    const entries = await entriesOf(intent.paymentId);
    assert.deepEqual(entries[0], { side: 'debit', amountMinor: intent.amountMinor });
    assert.equal(entries.length, 2);
  });

  it('KAF-7 processes each event once, and brings the next status query forward', async () => {
    const { store } = harness();
    const { intent, held } = await begin();
    await store.apply(moveOf(held, decide(accepted)));
    const { paymentId } = intent;
    const jobs = [{ eventId: crypto.randomUUID(), paymentId, checkInMs: 0 }];
    const seen = await Promise.all(
      Array.from({ length: 10 }, () => store.processJobs('settlement', jobs)),
    );
    assert.equal(seen.flat().filter(Boolean).length, 1);
    assert.deepEqual(await store.processJobs('another', jobs), [true]);
    assert.ok(await claim(paymentId), 'it is due');
  });

  it('AMB-8 a hint makes a payment due, but not while a lease lives', async () => {
    const { store } = harness();
    const leased = await begin();
    assert.equal(await store.hint(leased.intent.paymentId, 'MTN', 'succeeded'), 'taken');
    assert.equal(await claim(leased.intent.paymentId), undefined);

    const { intent, held } = await begin();
    await store.apply(moveOf(held, decide(accepted)));
    assert.equal(await claim(intent.paymentId), undefined);
    assert.equal(await store.hint(intent.paymentId, 'MTN', null), 'taken');
    const claimed = await claim(intent.paymentId);
    assert.deepEqual([claimed?.byHint, claimed?.hints.heard], [true, 1]);
    assert.equal(await store.hint(systemIds.paymentId(), 'MTN', null), 'unknown');
  });

  it('AMB-8 hears each of many hints that come together, also of one payment', async () => {
    const { store } = harness();
    const begun = await Promise.all(Array.from({ length: 5 }, () => begin()));
    const ids = begun.map(({ intent }) => intent.paymentId);
    for (const { held } of begun) await store.apply(moveOf(held, decide(accepted)));
    const results = await Promise.all([
      ...ids.flatMap((id) => [store.hint(id, 'MTN', 'pending'), store.hint(id, 'AIRTEL', null)]),
      store.hint(systemIds.paymentId(), 'MTN', null),
      ...ids.map((id) => store.hint(id, 'MTN', 'succeeded')),
    ]);
    const each = ['taken', 'elsewhere'];
    const expected = [...ids.flatMap(() => each), 'unknown', ...ids.map(() => 'taken')];
    assert.deepEqual(results, expected);
    const due = await store.claimDue(1_000, 10_000);
    const heard = new Map(due.map(({ payment, hints }) => [payment.id, hints.heard]));
    assert.deepEqual(
      ids.map((id) => heard.get(id)),
      ids.map(() => 2),
    );
  });

  it('finds each of many references that are sought together', async () => {
    const { store } = harness();
    const begun = await Promise.all(Array.from({ length: 5 }, () => begin()));
    const intents = begun.map(({ intent }) => intent);
    const found = await Promise.all([
      store.findByReference('MTN', 'ZM', 'nobody'),
      ...intents.map((one) =>
        store.findByReference(one.provider, one.market, one.providerReference),
      ),
    ]);
    assert.deepEqual(found, [null, ...intents.map(({ paymentId }) => paymentId)]);
  });

  it('AMB-6 a hint about an end is followed only when it claims another end', async () => {
    const { store } = harness();
    const { intent, held } = await begin();
    const why = { code: 'payer-rejected', providerCode: null, detail: 'd' } as const;
    const declined = decide({ kind: 'declined', failure: false, why });
    await store.apply(moveOf(held, declined));
    assert.equal(await store.hint(intent.paymentId, 'MTN', 'failed'), 'taken');
    assert.equal(await claim(intent.paymentId), undefined);
    assert.equal(await store.hint(intent.paymentId, 'MTN', 'succeeded'), 'taken');
    assert.equal((await claim(intent.paymentId))?.payment.status, 'FAILED');
  });

  it('keeps the first answer of a key', async () => {
    const { store } = harness();
    const { intent, held } = await begin();
    await store.apply(moveOf(held, { ...decide(accepted), nextCheckInMs: 0 }));
    const claimed = await claim(intent.paymentId);
    assert.ok(claimed);
    const second = { ...answer, status: 402, body: 'another', paymentId: intent.paymentId };
    const move = moveOf(claimed, { ...NOTHING, nextCheckInMs: 1_000 });
    assert.equal(await store.apply({ ...move, answer: second }), 'written');
    assert.equal((await store.readKey('acme', intent.keyHash))?.answer?.status, 202);
  });

  it('lists newest first, with filters and pages', async () => {
    const { store } = harness();
    const reference = `list-${randomBytes(4).toString('hex')}`;
    for (let i = 0; i < 5; i += 1) await store.begin(makeIntent({ reference }));
    const first = await store.list('acme', { reference, limit: 3 });
    assert.equal(first.length, 3);
    const rest = await store.list('acme', { reference, limit: 3, after: first[2]?.id as string });
    const ids = [...first, ...rest].map(({ id }) => id);
    assert.deepEqual(ids, [...new Set(ids)].sort().reverse());
    assert.equal(ids.length, 5);
    assert.deepEqual(await store.list('other', { reference, limit: 3 }), []);
  });
});
