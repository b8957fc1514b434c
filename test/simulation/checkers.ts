/** What must hold when everything has come to rest, whatever went wrong before. */

import { deadLetterTopic } from '../../src/domain/delivery.ts';
import { TOPICS } from '../../src/domain/event.ts';
import { providerAccount } from '../../src/domain/ledger.ts';
import { type Attempt, mayMove, type Payment } from '../../src/domain/payment.ts';
import { makeLink, NO_LINKS } from '../../src/usecases/link-facts.ts';
import { JOBS_CONSUMER } from '../../src/usecases/schedule-settlement.ts';
import { isBalanced } from './fake-moves.ts';
import type { Charge } from './fake-provider.ts';
import { ONE_PROVIDER } from './host.ts';
import { REPORT_GROUP } from './reporter.ts';
import type { KeyRecord, PaymentRecord } from './tables.ts';
import type { RequestRecord, Violation, World } from './world.ts';

type Say = (detail: string) => void;
type Check = (world: World, say: Say) => void;

/** The names by which planted bugs are caught; some more are checked as the first byte leaves (host.ts). */
export const CHECKERS: Record<string, Check> = {
  'at most one charge for each key': checkCharges,
  [ONE_PROVIDER]: checkProviders,
  'no FAILED payment has a charge': checkFailed,
  'no money is wrong': checkMoney,
  'what was answered is not lost': checkAnswered,
  'a 5xx moved no money in its request': checkServerErrors,
  'replays are equal to the byte': checkReplays,
  'the ledger is balanced and equals the payments': checkLedger,
  'only legal moves': checkMoves,
  'each change is told, in order, and the outbox is empty': checkMessages,
  'no write under a lost fence': checkFences,
  'the timeline is whole': checkTimelines,
};

export function checkAll(world: World): Violation[] {
  const found: Violation[] = [];
  for (const [checker, check] of Object.entries(CHECKERS)) {
    check(world, (detail) => found.push({ checker, detail }));
  }
  return found;
}

const recordsOf = ({ tables }: World) => [...tables.payments.values()];

function chargesOf({ book }: World, { id }: Payment): Charge[] {
  return book.charges.filter(({ paymentId, taken }) => taken && paymentId === id);
}

function keyOf({ tables }: World, { payment }: PaymentRecord): KeyRecord | undefined {
  return [...tables.keys.values()].find(({ paymentId }) => paymentId === payment.id);
}

function checkCharges(world: World, say: Say): void {
  const { book, tables } = world;
  const counts = new Map<string, number>();
  for (const { paymentId, taken } of book.charges) {
    const record = tables.payments.get(paymentId);
    if (!record) {
      say(`a charge has no payment: ${paymentId}`);
      continue;
    }
    const key = `${record.payment.merchantId} ${record.keyHash.toString('hex')}`;
    if (taken) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  for (const [key, count] of counts) if (count > 1) say(`${key}: ${count} charges`);
}

/** Our own books, too, must name one provider at most; what left is looked at as it leaves. */
function checkProviders(world: World, say: Say): void {
  for (const { payment } of recordsOf(world)) {
    const { id, attempts, provider } = payment;
    const tied = attempts.filter(({ outcome }) => outcome !== 'not_taken');
    if (tied.length > 1) say(`${id} is tied to ${tied.map((one) => one.provider).join(' and ')}`);
    const strange = chargesOf(world, payment).find((charge) => charge.provider !== provider);
    if (strange) say(`${id} stands at ${provider}, and ${strange.provider} took its charge`);
  }
}

function checkFailed(world: World, say: Say): void {
  for (const { payment } of recordsOf(world)) {
    if (payment.status !== 'FAILED') continue;
    const charge = chargesOf(world, payment).find(({ status }) => status !== 'FAILED');
    if (charge) say(`${payment.id} is FAILED (${payment.failure?.code}), its charge is not`);
  }
}

function checkMoney(world: World, say: Say): void {
  for (const record of recordsOf(world)) {
    const { payment } = record;
    const { amountMinor, currency, status } = payment;
    const fingerprint = keyOf(world, record)?.fingerprint;
    const wishes = world.requests.map(({ wish }) => wish);
    const isAsked = wishes.some(
      (wish) => wish.fingerprint === fingerprint && wish.amountMinor === amountMinor,
    );
    if (!isAsked) say(`${payment.id}: nobody asked for ${amountMinor} ${currency}`);
    const charges = chargesOf(world, payment);
    for (const charge of charges) {
      if (charge.askedMinor === amountMinor && charge.currency === currency) continue;
      say(`${payment.id} is of ${amountMinor}, but ${charge.askedMinor} were sent`);
    }
    if (status !== 'SUCCEEDED') continue;
    const isPaid = (charge: Charge) =>
      charge.status === 'SUCCEEDED' && charge.amountMinor === amountMinor;
    if (!charges.some(isPaid)) say(`${payment.id} is SUCCEEDED without its money`);
  }
}

function isUnrecorded({ body }: { body: string }): boolean {
  const attempts = (JSON.parse(body) as { attempts?: Attempt[] }).attempts;
  return attempts?.some(({ reason }) => reason === 'not-recorded') ?? false;
}

function checkAnswered(world: World, say: Say): void {
  for (const { id, result, wish } of world.requests) {
    if (result?.kind === 'error' && result.code === 'idempotency-key-reused') {
      const owners = [...world.tables.keys.values()].filter(
        (key) => key.merchantId === wish.merchantId && key.fingerprint === wish.fingerprint,
      );
      const mine = owners.some(({ paymentId }) => isOfKey(world, paymentId, wish.key));
      if (mine) say(`${id}: 422 for the content that owns the key`);
    }
    if (result?.kind !== 'answer') continue;
    const payment = world.tables.payments.get(result.answer.paymentId)?.payment;
    if (!payment) say(`${id}: answered ${result.answer.status}, and there is no payment`);
    else if (!['SUCCEEDED', 'FAILED', 'MANUAL_REVIEW'].includes(payment.status)) {
      say(`${id}: answered ${result.answer.status}, and it stays ${payment.status}`);
    }
  }
}

function isOfKey(world: World, paymentId: string, key: string): boolean {
  return world.requests.some(
    ({ wish, result }) =>
      wish.key === key && result?.kind === 'answer' && result.answer.paymentId === paymentId,
  );
}

function checkServerErrors(world: World, say: Say): void {
  for (const { id, result } of world.requests) {
    if (result?.kind !== 'error' || result.status < 500) continue;
    const charge = world.book.charges.find(({ taken, requestId }) => taken && requestId === id);
    if (charge) say(`${id} was told ${result.code}, and its charge was taken`);
  }
}

function checkReplays(world: World, say: Say): void {
  const told = world.requests.filter(({ result }) => result?.kind === 'answer');
  for (const { id, result } of told as (RequestRecord & { result: { kind: 'answer' } })[]) {
    if (result.kind !== 'answer') continue;
    const { answer, replayed } = result;
    if (!replayed && isUnrecorded(answer)) continue;
    const record = world.tables.payments.get(answer.paymentId);
    const stored = record && keyOf(world, record)?.answer;
    const same = stored?.body === answer.body && stored.status === answer.status;
    if (!same) say(`${id}: told ${answer.status} ${answer.body}, stored ${stored?.body ?? null}`);
  }
}

function checkLedger(world: World, say: Say): void {
  const { ledger } = world.tables;
  for (const posting of ledger) if (!isBalanced(posting)) say(`${posting.paymentId}: unbalanced`);
  for (const { payment } of recordsOf(world)) {
    const { id, status, provider, market, amountMinor } = payment;
    const captures = ledger.filter(({ paymentId, kind }) => paymentId === id && kind === 'capture');
    if (captures.length !== (status === 'SUCCEEDED' ? 1 : 0)) {
      say(`${id} is ${status} and has ${captures.length} captures`);
    }
    for (const { entries } of captures) {
      const account = providerAccount(provider, market);
      const entry = entries.find((one) => one.account === account && one.side === 'debit');
      if (entry?.amountMinor !== amountMinor) say(`${id}: ${entry?.amountMinor} were posted`);
    }
  }
}

function checkMoves({ tables }: World, say: Say): void {
  for (const detail of tables.refused) say(detail);
  for (const { paymentId, from, to } of tables.history) {
    if (from && to && from !== to && !mayMove(from, to)) say(`${paymentId}: ${from} to ${to}`);
  }
}

function checkMessages(world: World, say: Say): void {
  const { tables, reported, broker } = world;
  for (const { eventId, published, message } of tables.outbox) {
    if (!published) say(`${eventId} waits in the outbox`);
    const isJob = message.topic === TOPICS.jobs;
    const isHandled = tables.processed.has(`${JOBS_CONSUMER} ${eventId}`);
    if (isJob && !isHandled) say(`the job ${eventId} was never handled`);
  }
  for (const { payment } of recordsOf(world)) {
    const moves = tables.history.filter(({ paymentId, to }) => paymentId === payment.id && to);
    const states = moves.flatMap(({ to }) => (to && to !== 'RECEIVED' ? [to] : []));
    const told = reported.get(payment.id)?.statuses ?? [];
    if (states.join() !== told.join()) say(`${payment.id} was ${states}, and told as ${told}`);
  }
  for (const [topic, group] of [
    [TOPICS.jobs, JOBS_CONSUMER],
    [TOPICS.events, REPORT_GROUP],
  ] as const) {
    const dead = broker.contents(deadLetterTopic(topic, group));
    if (dead.length > 0) say(`${dead.length} dead letters of ${topic}`);
  }
}

function checkFences({ tables }: World, say: Say): void {
  const written = new Set<string>();
  for (const { paymentId, fence, rowFence, what } of tables.history) {
    if (!what.startsWith('written')) continue;
    if (fence !== rowFence) say(`${paymentId}: written under ${fence} while ${rowFence} was held`);
    const name = `${paymentId} under fence ${fence}`;
    if (written.has(name)) say(`${name}: written twice`);
    written.add(name);
  }
}

function checkTimelines(world: World, say: Say): void {
  for (const { payment, links } of recordsOf(world)) {
    let head = NO_LINKS;
    for (const link of links) {
      const expected = makeLink(payment.id, head, JSON.parse(link.facts));
      if (expected.hash !== link.hash || expected.number !== link.number) {
        say(`${payment.id}: link ${link.number} does not follow`);
      }
      head = { count: link.number, hash: link.hash };
    }
  }
}
