import { shardOf } from '../../src/adapters/postgres/outbox-shard.ts';
import type { LedgerPosting } from '../../src/domain/ledger.ts';
import { type Attempt, mayMove, type PaymentStatus } from '../../src/domain/payment.ts';
import type { Move, MoveResult } from '../../src/domain/store.ts';
import { keyOf, type PaymentRecord, type Tables } from './tables.ts';

/** The fenced write: all of it or nothing, as one commit of Postgres. */
export function applyMove(tables: Tables, move: Move): MoveResult {
  const record = tables.payments.get(move.paymentId);
  if (!record) return 'lost';
  if (record.fence !== move.fence || record.leaseUntilMs === null) return 'lost';
  refuseWhatSqlRefuses(tables, record, move);
  const { status: from } = record.payment;
  record.leaseUntilMs = null;
  writePayment(tables, record, move);
  writeAttempt(tables, record, move);
  const key = tables.keys.get(keyOf(record.payment.merchantId, record.keyHash));
  if (key && move.answer && key.answer === null) key.answer = { ...move.answer };
  writeMessages(tables, record, move);
  if (move.posting) tables.ledger.push(move.posting);
  if (move.discrepancy) addDiscrepancy(tables, move.paymentId, move.discrepancy);
  tables.history.push({
    atMs: tables.nowMs(),
    paymentId: move.paymentId,
    what: describe(move),
    from,
    to: move.status,
    fence: move.fence,
    rowFence: record.fence,
  });
  return 'written';
}

function describe({ attempt, status, answer, fence, notFoundCount }: Move): string {
  const outcome = attempt === 'keep' ? '' : ` ${attempt.outcome} (${attempt.reason})`;
  const said = answer ? `, answer ${answer.status} stored` : '';
  const counted = notFoundCount > 0 ? `, not found ${notFoundCount}` : '';
  return `written under fence ${fence}: ${status ?? 'no new state'}${outcome}${said}${counted}`;
}

/** The trigger and the constraints: a row that breaks one fails, and the caller gets an error. */
function refuseWhatSqlRefuses(tables: Tables, { payment, links }: PaymentRecord, move: Move): void {
  const refuse = (why: string) => {
    tables.refused.push(`${payment.id}: ${why}`);
    throw new Error(`check_violation: ${why}`);
  };
  const to: PaymentStatus = move.status ?? payment.status;
  if (to !== payment.status && !mayMove(payment.status, to)) {
    refuse(`may not move from ${payment.status} to ${to}`);
  }
  const failure = move.failure ?? payment.failure;
  if ((to === 'FAILED') !== (failure !== null)) refuse('a failure goes with FAILED, and alone');
  const { posting, link } = move;
  if (link && links.some(({ number }) => number === link.number)) refuse('a second link');
  if (!posting) return;
  if (!isBalanced(posting)) refuse('debits and credits differ');
  const isSame = ({ paymentId, kind }: LedgerPosting) =>
    paymentId === posting.paymentId && kind === posting.kind;
  if (tables.ledger.some(isSame)) refuse(`a second ${posting.kind}`);
}

export function isBalanced({ entries }: LedgerPosting): boolean {
  const sums = new Map<string, bigint>();
  for (const { side, amountMinor, currency } of entries) {
    if (typeof amountMinor !== 'bigint' || amountMinor <= 0n) return false;
    const signed = side === 'debit' ? amountMinor : -amountMinor;
    sums.set(currency, (sums.get(currency) ?? 0n) + signed);
  }
  return entries.length >= 2 && [...sums.values()].every((sum) => sum === 0n);
}

function writePayment(tables: Tables, record: PaymentRecord, move: Move): void {
  const { payment } = record;
  const nowMs = tables.nowMs();
  payment.status = move.status ?? payment.status;
  payment.failure = move.failure ?? payment.failure;
  if (move.attempt !== 'keep') record.attemptOutcome = move.attempt.outcome;
  record.notFoundCount = move.notFoundCount;
  record.statusQueries += move.statusQueries;
  const followed = record.hinted && (move.nextCheckInMs !== null || payment.status === 'FAILED');
  const checkMs = move.nextCheckInMs === null ? null : nowMs + move.nextCheckInMs;
  record.nextCheckAtMs = followed ? nowMs : checkMs;
  record.hinted = followed;
  record.hintsTold = move.hintsTold ?? record.hintsTold;
  record.evidence = move.evidence ?? record.evidence;
  record.resolvesAtMs = move.resolvesInMs === null ? null : nowMs + move.resolvesInMs;
  if (move.link) record.links.push(move.link);
  if (move.status !== null || move.attempt !== 'keep') {
    payment.updatedAt = move.at ?? new Date(nowMs);
  }
}

function writeAttempt(tables: Tables, record: PaymentRecord, move: Move): void {
  if (move.attempt === 'keep') return;
  const { outcome, reason, mayHaveLeft } = move.attempt;
  const isIt = ({ number }: Attempt) => number === move.attemptNumber;
  const attempt = record.payment.attempts.find(isIt);
  if (!attempt) return;
  Object.assign(attempt, { outcome, reason, endedAt: move.at ?? new Date(tables.nowMs()) });
  record.mayHaveLeft ||= mayHaveLeft;
}

function writeMessages(tables: Tables, record: PaymentRecord, { messages }: Move): void {
  for (const { eventId, topic, key, value, headers } of messages) {
    const id = tables.takeOutboxId(record.lastOutboxId);
    record.lastOutboxId = id;
    tables.outbox.push({
      ...{ id, eventId, shard: shardOf(key), published: false },
      message: { topic, key, value, headers },
      createdAtMs: tables.nowMs(),
    });
    if (topic.endsWith('.jobs')) record.sequences.jobs += 1;
    if (topic.endsWith('.events')) record.sequences.events += 1;
  }
}

function addDiscrepancy(
  { discrepancies }: Tables,
  paymentId: string,
  { kind, detail }: { kind: string; detail: string },
): void {
  const known = discrepancies.some((one) => one.paymentId === paymentId && one.kind === kind);
  if (!known) discrepancies.push({ paymentId, kind, detail });
}
