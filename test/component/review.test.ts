/** MANUAL_REVIEW and discrepancies, as a person works them off at the command line (AMB-6, AMB-7, SEC-11). */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { makeAnswerRenderer } from '../../src/adapters/http/answers.ts';
import { compareBooks } from '../../src/adapters/postgres/books.ts';
import { makePaymentStore } from '../../src/adapters/postgres/payment-store.ts';
import { makeReviewStore } from '../../src/adapters/postgres/review-store.ts';
import { PROFILES } from '../../src/config/timing-profiles.ts';
import { NOTHING } from '../../src/domain/decision.ts';
import { ENDED_BY_REVIEW, PROPOSAL_LIVES_SECONDS } from '../../src/domain/review.ts';
import { systemIds } from '../../src/system.ts';
import { makeDecisionWriter } from '../../src/usecases/write-decision.ts';
import { eventually } from '../support/eventually.ts';
import { AIRTEL_WALLET, type Rig, startRig } from '../support/gateway-rig.ts';
import {
  auditOf,
  inReview,
  type Operator,
  personAt,
  REVIEWED_SOON,
  SILENT,
  STUCK_WALLET,
} from '../support/operator.ts';

async function eventsOf(rig: Rig, paymentId: string): Promise<string[]> {
  const { rows } = await rig.database.pool.query<{ type: string }>(
    `select value::jsonb->>'type' as type from outbox
     where topic = 'payments.events' and value::jsonb->>'subject' = $1 order by id`,
    [paymentId],
  );
  return rows.map(({ type }) => type);
}

async function capturesOf(rig: Rig, paymentId: string): Promise<number> {
  const { rowCount } = await rig.database.pool.query(
    `select 1 from ledger_transactions where payment_id = $1 and kind = 'capture'`,
    [paymentId],
  );
  return rowCount ?? 0;
}

describe('a payment in MANUAL_REVIEW', () => {
  const owned = new AsyncDisposableStack();
  let rig: Rig;
  let person: Operator;

  before(async () => {
    // The loop leaves it alone meanwhile.
    rig = owned.use(
      await startRig({ env: { ...REVIEWED_SOON, MANUAL_REVIEW_EVERY_MS: '600000' } }),
    );
    person = personAt(rig);
  });
  after(() => owned.disposeAsync());
  afterEach(async () => {
    await rig.control.clear();
    assert.deepEqual(await compareBooks(rig.database.pool), []);
  });

  it('is listed with age, amount, provider, reference, why it is there and the last word', async () => {
    const { id, answer } = await inReview(rig, STUCK_WALLET);
    const [charge] = await rig.chargesOf(answer);
    const line = (await person.admin('review', 'list'))
      .split('\n')
      .find((one) => one.startsWith(id));
    assert.match(line ?? '', /\d s {2}20\.00 ZMW {2}AIRTEL ZM/);
    assert.ok(line?.includes(String(charge?.reference)));
    assert.match(line ?? '', /pending +no final word in \d+ status queries$/);
    await makePaymentStore(rig.database.pool).hint(id, 'AIRTEL', 'succeeded');
    const shown = await person.admin('review', 'show', id);
    assert.match(shown, /^callback-hint +claims succeeded, which proves nothing at 20/m);
    assert.match(shown, /^provider says +pending {2}\(asked just now\)$/m);
    assert.match(shown, /^status-query +pending at 20/m);
    assert.doesNotMatch(shown, new RegExp(STUCK_WALLET.slice(5)));
  });

  it('is not ended against the word of the provider, which is asked once more', async () => {
    const { id } = await inReview(rig, STUCK_WALLET);
    for (const outcome of ['SUCCEEDED', 'FAILED']) {
      await assert.rejects(
        person.admin('review', 'resolve', id, '--as', outcome, '--reason', 'support says so'),
        /not done: the provider says: pending/,
      );
    }
    assert.equal((await rig.get(`/v1/payments/${id}`)).json.status, 'MANUAL_REVIEW');
    assert.deepEqual(await auditOf(rig, id), []);
  });

  it('SEC-11 is ended despite the provider with an audit of its own, as a settlement ends it', async () => {
    const { id, answer, key } = await inReview(rig, STUCK_WALLET);
    const said = await person.admin(
      ...['review', 'resolve', id, '--as', 'SUCCEEDED', '--reason', 'bank statement, line 7'],
      ...['--by', 'ann', '--despite-provider'],
    );
    assert.match(said, /is SUCCEEDED, by ann; the provider said: pending/);
    assert.equal((await rig.get(`/v1/payments/${id}`)).json.status, 'SUCCEEDED');
    assert.equal(await capturesOf(rig, id), 1);
    assert.equal((await eventsOf(rig, id)).at(-1), 'payment.succeeded');
    const [resolved, despite] = await auditOf(rig, id);
    assert.equal(resolved?.action, 'review.resolve');
    assert.equal(resolved?.actor, 'ann');
    const { before: digestBefore, after: digestAfter, ...detail } = resolved?.detail ?? {};
    assert.deepEqual(detail, {
      outcome: 'SUCCEEDED',
      reason: 'bank statement, line 7',
      via: 'tester',
      heard: 'pending',
    });
    assert.notEqual(digestBefore, digestAfter);
    const { rows } = await rig.database.pool.query<{ digest: string }>(
      'select payment_digest(p) as digest from payments p where id = $1',
      [id],
    );
    assert.equal(rows[0]?.digest, digestAfter, 'anybody can compute it from the row again');
    assert.equal(despite?.action, 'review.despite-provider');
    const replay = await rig.pay({ key, body: { payer: { msisdn: STUCK_WALLET } } });
    assert.equal(replay.text, answer.text, 'the stored answer is untouched');
  });

  it('is FAILED by a person with a code that says so, when the provider gives no word', async () => {
    await rig.control.put(SILENT);
    const { id } = await inReview(rig, AIRTEL_WALLET);
    const resolve = ['review', 'resolve', id, '--as', 'FAILED', '--reason', 'support ticket 12'];
    await assert.rejects(
      person.admin(...resolve),
      /not done: the provider gave no clear word \(.*\)\. Is this where the gateway runs/,
    );
    assert.equal((await rig.get(`/v1/payments/${id}`)).json.status, 'MANUAL_REVIEW');
    await person.admin(...resolve, '--despite-provider');
    const { json } = await rig.get(`/v1/payments/${id}`);
    assert.equal(json.status, 'FAILED');
    assert.deepEqual(json.failure, ENDED_BY_REVIEW);
    assert.equal(await capturesOf(rig, id), 0);
    assert.equal((await eventsOf(rig, id)).at(-1), 'payment.failed');
  });

  it('needs a reason, a known outcome, and to be in review', async () => {
    const { id } = await inReview(rig, STUCK_WALLET);
    const resolve = (...more: string[]) => person.admin('review', 'resolve', id, ...more);
    await assert.rejects(resolve('--as', 'FAILED'), /--reason is missing/);
    await assert.rejects(resolve('--as', 'FAILED', '--reason', ' '), /--reason is missing/);
    await assert.rejects(
      resolve('--as', 'UNKNOWN', '--reason', 'x'),
      /--as is SUCCEEDED or FAILED/,
    );
    await resolve('--as', 'FAILED', '--reason', 'x', '--despite-provider');
    await assert.rejects(
      resolve('--as', 'SUCCEEDED', '--reason', 'x', '--despite-provider'),
      /is FAILED, for good/,
    );
    const unknown = `pay_${'0'.repeat(32)}`;
    await assert.rejects(
      person.admin('review', 'resolve', unknown, '--as', 'FAILED', '--reason', 'x'),
      /there is no payment/,
    );
  });

  it('SEC-11 above the limit one person proposes, and only another one ends it', async () => {
    const two = personAt(rig, { REVIEW_SECOND_PERSON_ABOVE: 'ZMW:19.99' });
    await rig.control.put(SILENT);
    const { id } = await inReview(rig, AIRTEL_WALLET);
    const resolve = (...more: string[]) => two.admin('review', 'resolve', id, ...more);
    await assert.rejects(resolve('--as', 'FAILED', '--second', 'bob'), /nobody has proposed/);
    assert.match(
      await resolve('--as', 'FAILED', '--reason', 'ticket', '--by', 'ann'),
      /proposed by ann/,
    );
    assert.equal((await rig.get(`/v1/payments/${id}`)).json.status, 'MANUAL_REVIEW');
    assert.match(await two.admin('review', 'list'), /ann proposes FAILED/);
    await assert.rejects(resolve('--as', 'FAILED', '--second', ' Ann '), /another person must/);
    await assert.rejects(resolve('--as', 'SUCCEEDED', '--second', 'bob'), /proposed FAILED, not/);
    await assert.rejects(resolve('--as', 'FAILED', '--second', 'bob'), /gave no clear word/);
    const confirmed = await resolve('--as', 'FAILED', '--second', 'bob', '--despite-provider');
    assert.match(confirmed, /is FAILED, by bob/);
    const audit = await auditOf(rig, id);
    assert.deepEqual(
      audit.map(({ action, actor }) => [action, actor]),
      [
        ['review.propose', 'ann'],
        ['review.resolve', 'bob'],
        ['review.despite-provider', 'bob'],
      ],
    );
    assert.equal(audit[1]?.detail.proposedBy, 'ann');
    assert.equal(audit[1]?.detail.reason, 'ticket');
  });

  it('SEC-11 a proposal that is a day old is not confirmed, and a new one takes its place', async () => {
    const two = personAt(rig, { REVIEW_SECOND_PERSON_ABOVE: 'ZMW:19.99' });
    await rig.control.put(SILENT);
    const { id } = await inReview(rig, AIRTEL_WALLET);
    const resolve = (...more: string[]) =>
      two.admin('review', 'resolve', id, '--as', 'FAILED', ...more);
    const madeAgo = (seconds: number) =>
      rig.database.pool.query(
        `update review_proposals set proposed_at = now() - $2 * interval '1 second'
         where payment_id = $1 and ended_at is null`,
        [id, seconds],
      );
    await resolve('--reason', 'ticket', '--by', 'ann');
    await madeAgo(PROPOSAL_LIVES_SECONDS);
    await assert.rejects(resolve('--second', 'bob'), /over a day ago: look at it again/);
    assert.match(await two.admin('review', 'list'), /ann proposed FAILED too long ago/);
    assert.equal((await rig.get(`/v1/payments/${id}`)).json.status, 'MANUAL_REVIEW');
    await resolve('--reason', 'ticket, asked again', '--by', 'ann');
    await madeAgo(PROPOSAL_LIVES_SECONDS - 600);
    assert.match(await resolve('--second', 'bob', '--despite-provider'), /is FAILED, by bob/);
  });

  it('a person whose fence was taken by the settlement loop writes nothing at all', async () => {
    const { id } = await inReview(rig, STUCK_WALLET);
    const { pool } = rig.database;
    const reviews = makeReviewStore(pool);
    await reviews.propose(id, 'SUCCEEDED', { by: 'ann', reason: 'x', via: 'tester' });
    const proposal = (await reviews.find(id))?.proposal ?? null;
    const held = await reviews.take(id, 1);
    assert.ok(held);
    const fenceOf = async () =>
      (await pool.query<{ fence: bigint }>('select fence from payments where id = $1', [id]))
        .rows[0]?.fence;
    const taken = await fenceOf();
    // This claim or that of the rig's own worker, whichever is faster.
    await eventually(async () => {
      await makePaymentStore(pool).claimDue(10, 60_000);
      assert.notEqual(await fenceOf(), taken);
    });
    const { timing } = PROFILES.demo;
    const write = makeDecisionWriter({ render: makeAnswerRenderer(), ids: systemIds, timing });
    const decision = {
      ...NOTHING,
      status: 'SUCCEEDED',
      event: 'payment.succeeded',
      capture: true,
    } as const;
    const { move } = write(held, decision, { evidence: null, statusQueries: 0 }, held.heldAt);
    const facts = { outcome: 'SUCCEEDED', heard: 'x', despiteProvider: false, proposal } as const;
    const deed = { by: 'bob', reason: 'x', via: 'tester' };
    assert.equal(await reviews.resolve(move, deed, facts), 'lost');
    assert.equal((await rig.get(`/v1/payments/${id}`)).json.status, 'MANUAL_REVIEW');
    assert.equal(await capturesOf(rig, id), 0);
    assert.equal(
      (await reviews.find(id))?.proposal?.id,
      proposal?.id,
      'the proposal is still open',
    );
    assert.deepEqual(
      (await auditOf(rig, id)).map(({ action }) => action),
      ['review.propose'],
    );
  });
});

describe('two who end the same payment', () => {
  it('AMB-7 a person and the settlement loop: one of them wins, and it is captured once', async () => {
    const often = { MANUAL_REVIEW_EVERY_MS: '200', MAX_EVENT_LOOP_DELAY_MS: '60000' };
    const env = { ...REVIEWED_SOON, ...often };
    await using rig = await startRig({ env });
    const person = personAt(rig, env);
    await rig.control.put(SILENT);
    const payments = await Promise.all(
      Array.from({ length: 6 }, () => inReview(rig, AIRTEL_WALLET)),
    );
    // From now on the provider says that it has them, to the loop and to the person alike.
    const words = ['--as', 'SUCCEEDED', '--reason', 'x', '--despite-provider'];
    const [, ...ends] = await Promise.allSettled([
      rig.control.clear(),
      ...payments.map(({ id }) => person.admin('review', 'resolve', id, ...words)),
    ]);
    const byPerson = ends.filter(({ status }) => status === 'fulfilled').length;
    for (const { id, answer } of payments) {
      await rig.settled(answer, 'SUCCEEDED');
      assert.equal(await capturesOf(rig, id), 1);
      const finals = (await eventsOf(rig, id)).filter((type) => type === 'payment.succeeded');
      assert.deepEqual(finals, ['payment.succeeded']);
    }
    const { rowCount } = await rig.database.pool.query(
      `select 1 from audit_log where action = 'review.resolve'`,
    );
    assert.equal(rowCount, byPerson, 'each that a person ended is audited, and no other');
    assert.deepEqual(await compareBooks(rig.database.pool), []);
  });
});
