/** What a merchant and an auditor read of a payment: how sure we are, and every fact in one chain. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { compareBooks } from '../../src/adapters/postgres/books.ts';
import { makePaymentStore } from '../../src/adapters/postgres/payment-store.ts';
import { canonicalJson } from '../../src/domain/canonical-json.ts';
import { eventually } from '../support/eventually.ts';
import { newKey, type Rig, SHORT_TIMINGS, startRig } from '../support/gateway-rig.ts';
import type { Answer } from '../support/simulators.ts';

interface Link {
  number: number;
  hash: string;
  facts: { kind: string; at: string; [member: string]: unknown }[];
}

interface Timeline {
  paymentId: string;
  count: number;
  head: string;
  links: Link[];
}

const PROVIDER = 'AIRTEL';
/** A wallet of the simulator's. */
const PENDING_FOR_EVER = '+260970000006';
const SILENT = { provider: PROVIDER, operation: 'callback', fault: 'none' };
const charge = (fault: string) => ({ provider: PROVIDER, operation: 'charge', fault, times: 1 });
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const kindsOf = ({ links }: Timeline) => links.map(({ facts }) => facts.map(({ kind }) => kind));

/** As an integrator would check it, from the API's description alone. */
function assertWhole({ paymentId, count, head, links }: Timeline): void {
  let previous = paymentId;
  for (const { number, hash, facts } of links) {
    previous = sha256(canonicalJson({ facts, number, previous }));
    assert.equal(hash, previous, `link ${number}`);
  }
  assert.deepEqual([count, head], [links.length, previous]);
}

describe('the timeline of a payment', () => {
  let rig: Rig;
  before(async () => {
    rig = await startRig({ env: SHORT_TIMINGS });
  });
  after(() => rig[Symbol.asyncDispose]());

  const sql = (text: string, ...values: unknown[]) => rig.database.pool.query(text, values);

  async function timelineOf({ json }: Answer): Promise<Timeline> {
    const { status, json: timeline } = await rig.get(
      `/v1/payments/${json.id ?? json.paymentId}/timeline`,
    );
    assert.equal(status, 200);
    assertWhole(timeline);
    return timeline;
  }

  async function settledQuietly(): Promise<Answer> {
    await rig.control.faults(SILENT);
    const answer = await rig.pay();
    await rig.settled(answer, 'SUCCEEDED');
    return answer;
  }

  it('tells every commit as a link: intent, answer, query, state, posting', async () => {
    const answer = await settledQuietly();
    const timeline = await timelineOf(answer);
    assert.deepEqual(kindsOf(timeline), [
      ['intent', 'dispatch'],
      ['provider-answer', 'state'],
      ['status-query', 'state', 'posting'],
    ]);
    assert.equal(timeline.links[0]?.facts[0]?.payer, '+260*****4567');
    assert.doesNotMatch(JSON.stringify(timeline), /260971234567/);
  });

  it('says how sure we are at each step, and the first answer replays byte for byte', async () => {
    await rig.control.faults(SILENT, charge('timeout-after'));
    const key = newKey();
    const first = await rig.pay({ key });
    const { outcome } = first.json;
    assert.equal(outcome.certainty, 'unknown');
    assert.deepEqual(
      outcome.evidence.map(({ source, says }: { source: string; says: string }) => [source, says]),
      [['no-answer', 'charge']],
    );
    assert.ok(Date.parse(outcome.nextCheckAt) <= Date.parse(outcome.resolvesBy));
    const settled = await rig.settled(first, 'SUCCEEDED');
    assert.deepEqual(
      [settled.outcome.certainty, settled.outcome.nextCheckAt, settled.outcome.resolvesBy],
      ['final', null, null],
    );
    assert.ok(
      settled.outcome.evidence.some(
        ({ source, says }: { source: string; says: string }) =>
          source === 'status-query' && says === 'succeeded',
      ),
    );
    const replay = await rig.pay({ key });
    assert.equal(replay.text, first.text);
    const { rows } = await sql(
      `select value::jsonb #>> '{data,outcome,certainty}' as certainty from outbox
       where topic = 'payments.events' and value::jsonb->>'subject' = $1 order by id`,
      first.json.id,
    );
    const told = rows.map(({ certainty }) => certainty);
    assert.deepEqual([told[0], told.at(-1)], ['unknown', 'final']);
  });

  it('tells of a refusal and of the dispatch that followed it with the same key', async () => {
    await rig.control.faults(SILENT, charge('refuse'));
    const key = newKey();
    const refused = await rig.pay({ key });
    assert.equal(refused.status, 502);
    const { json: between } = await rig.get(`/v1/payments/${refused.json.paymentId}`);
    assert.equal(between.outcome.certainty, 'provider-says');
    const driven = await rig.pay({ key });
    await rig.settled(driven, 'SUCCEEDED');
    const timeline = await timelineOf(driven);
    assert.deepEqual(kindsOf(timeline), [
      ['intent', 'dispatch'],
      ['provider-answer'],
      ['dispatch'],
      ['provider-answer', 'state'],
      ['status-query', 'state', 'posting'],
    ]);
  });

  it('tells of callbacks in the write that follows them, and of none twice', async () => {
    await rig.control.faults(SILENT);
    const answer = await rig.pay({ body: { payer: { msisdn: PENDING_FOR_EVER } } });
    const store = makePaymentStore(rig.database.pool);
    for (let i = 0; i < 3; i += 1) {
      assert.equal(await store.hint(answer.json.id, 'AIRTEL', 'succeeded'), 'taken');
    }
    await eventually(async () => {
      const hints = (await timelineOf(answer)).links
        .flatMap(({ facts }) => facts)
        .filter(({ kind }) => kind === 'callback-hint');
      const told = hints.reduce((sum, { count }) => sum + Number(count), 0);
      assert.deepEqual([told, hints[0]?.says], [3, 'succeeded']);
    });
    const { json } = await rig.get(`/v1/payments/${answer.json.id}`);
    assert.equal(json.outcome.certainty, 'provider-says', 'what a callback claims changes nothing');
    assert.ok(
      json.outcome.evidence.some(({ source }: { source: string }) => source === 'callback-hint'),
    );
  });

  it('SEC-3 is 404 for every other merchant, and for nobody else than its own', async () => {
    const answer = await settledQuietly();
    const other = await rig.newMerchant();
    const headers = { authorization: `Bearer ${other.key}` };
    const path = `/v1/payments/${answer.json.id}/timeline`;
    const foreign = await rig.send(path, { headers });
    const never = await rig.send(`/v1/payments/pay_${'0'.repeat(32)}/timeline`, { headers });
    assert.deepEqual([foreign.status, foreign.json.code], [404, 'not-found']);
    assert.equal(foreign.json.detail, never.json.detail);
    const writer = await rig.newMerchant(['payments:write']);
    const refused = await rig.send(path, { headers: { authorization: `Bearer ${writer.key}` } });
    assert.deepEqual([refused.status, refused.json.code], [403, 'forbidden']);
    const wrong = await rig.get(`${path}?after=-1`);
    assert.deepEqual([wrong.status, wrong.json.code], [400, 'query-invalid']);
    const rest = await rig.get(`${path}?after=2`);
    assert.deepEqual(
      rest.json.links.map(({ number }: Link) => number),
      [3],
    );
  });

  it('no program can change a link', async () => {
    for (const change of [
      "update payment_timeline set facts = '[]'",
      'delete from payment_timeline',
    ])
      await assert.rejects(sql(change), /append-only/);
  });

  /** By somebody who may do anything to the database, and knows which row. */
  const TAMPERINGS: Record<string, { change: string; rule: RegExp; detail: RegExp }> = {
    'alters a fact': {
      change: `update payment_timeline set facts = replace(facts, 'accepted', 'declined')
        where payment_id = $1 and number = 2`,
      rule: /follows from/,
      detail: /link 2 is altered/,
    },
    'alters a fact and hashes that link again': {
      change: `update payment_timeline t set facts = f.facts, hash = sha256(convert_to(
          '{"facts":' || f.facts || ',"number":1,"previous":"' || $1 || '"}', 'UTF8'))
        from (select replace(facts, '20.00', '2.00') as facts from payment_timeline
          where payment_id = $1 and number = 1) as f
        where t.payment_id = $1 and t.number = 1`,
      rule: /follows from/,
      detail: /link 2 is altered, or the one before it/,
    },
    'deletes a link in the middle': {
      change: 'delete from payment_timeline where payment_id = $1 and number = 2',
      rule: /follows from/,
      detail: /a link before link 3 is missing/,
    },
    'cuts the tail off': {
      change: 'delete from payment_timeline where payment_id = $1 and number = 3',
      rule: /ends where/,
      detail: /cut off after link 2 of 3/,
    },
    'deletes all of it': {
      change: 'delete from payment_timeline where payment_id = $1',
      rule: /ends where/,
      detail: /all 3 links are missing/,
    },
    'edits the head': {
      change: `update payments set timeline_head = sha256('x') where id = $1`,
      rule: /ends where/,
      detail: /another one than its payment says/,
    },
    'lowers the count': {
      change: 'update payments set timeline_count = 2 where id = $1',
      rule: /ends where/,
      detail: /has 3 links, and its payment says 2/,
    },
    'cuts the tail off and tells the payment': {
      change: `with cut as (delete from payment_timeline where payment_id = $1 and number = 3)
        update payments p set timeline_count = 2, timeline_head = t.hash
        from payment_timeline t where p.id = $1 and t.payment_id = $1 and t.number = 2`,
      rule: /tells the amount/,
      detail: /ACCEPTED in the timeline, SUCCEEDED in the payment/,
    },
    'changes the amount of the payment': {
      change: 'update payments set amount_minor = 1 where id = $1',
      rule: /tells the amount/,
      detail: /SUCCEEDED in the timeline/,
    },
  };

  it('verify finds what an auditor fears, each by its rule, and nothing else', async () => {
    const client = await rig.database.pool.connect();
    const tampered: [string, Answer][] = [];
    for (const name of Object.keys(TAMPERINGS)) tampered.push([name, await settledQuietly()]);
    assert.deepEqual(await compareBooks(rig.database.pool), []);
    try {
      await client.query("set session_replication_role = 'replica'");
      for (const [name, { json }] of tampered) {
        const { change } = TAMPERINGS[name] as { change: string };
        const { rowCount } = await client.query(change, [json.id]);
        assert.equal(rowCount, name === 'deletes all of it' ? 3 : 1, name);
      }
    } finally {
      client.release(true);
    }
    const found = await compareBooks(rig.database.pool);
    for (const [name, { json }] of tampered) {
      const { rule, detail } = TAMPERINGS[name] as { rule: RegExp; detail: RegExp };
      const hits = found.filter(({ subject }) => subject === json.id);
      assert.ok(
        hits.some((hit) => rule.test(hit.rule) && detail.test(hit.detail)),
        `${name}: ${JSON.stringify(hits)}`,
      );
    }
    const ids = new Set(tampered.map(([, { json }]) => json.id));
    const others = found.filter(({ rule, subject }) => /timeline/.test(rule) && !ids.has(subject));
    assert.deepEqual(others, []);
  });

  it('a payment from before timelines begins its chain with its next write', async () => {
    await rig.control.faults(SILENT, charge('refuse'));
    const key = newKey();
    const refused = await rig.pay({ key });
    const client = await rig.database.pool.connect();
    try {
      await client.query("set session_replication_role = 'replica'");
      const id = [refused.json.paymentId];
      await client.query('delete from payment_timeline where payment_id = $1', id);
      await client.query(
        `update payments set timeline_count = 0, timeline_head = null, resolves_by = null,
           evidence = '[]' where id = $1`,
        id,
      );
    } finally {
      client.release(true);
    }
    const empty = await rig.get(`/v1/payments/${refused.json.paymentId}/timeline`);
    assert.deepEqual([empty.json.count, empty.json.head, empty.json.links], [0, null, []]);
    const driven = await rig.pay({ key });
    await rig.settled(driven, 'SUCCEEDED');
    assert.deepEqual(kindsOf(await timelineOf(driven))[0], ['dispatch']);
    const found = await compareBooks(rig.database.pool);
    assert.deepEqual(
      found.filter(({ subject }) => subject === driven.json.id),
      [],
    );
  });
});
