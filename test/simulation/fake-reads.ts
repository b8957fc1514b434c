/** What the store in memory shows of its rows. */
import type { Attempt, Payment } from '../../src/domain/payment.ts';
import type { HeldPayment, ListQuery, TimelinePage } from '../../src/domain/store.ts';
import type { Evidence, TimelineHead } from '../../src/domain/timeline.ts';
import type { PaymentRecord, Tables } from './tables.ts';

export const dateOf = (ms: number | null) => (ms === null ? null : new Date(ms));

export function copyOf(record: PaymentRecord): Payment {
  const { payment, nextCheckAtMs, resolvesAtMs } = record;
  return {
    ...payment,
    attempts: payment.attempts.map((attempt) => ({ ...attempt })),
    nextCheckAt: dateOf(nextCheckAtMs),
    resolvesBy: dateOf(resolvesAtMs),
    evidence: withHint(record),
  };
}

function withHint({ evidence, hintedAtMs, hintClaimed }: PaymentRecord): Evidence[] {
  if (hintedAtMs === null) return [...evidence];
  const at = new Date(hintedAtMs).toISOString();
  const hint: Evidence = {
    source: 'callback-hint',
    at,
    says: hintClaimed ?? 'nothing',
    reason: null,
  };
  return [...evidence, hint].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

export function headOf({ links }: PaymentRecord): TimelineHead {
  return { count: links.length, hash: links.at(-1)?.hash ?? null };
}

export function findByReference(
  { payments }: Tables,
  provider: string,
  market: string,
  reference: string,
): string | null {
  for (const { payment } of payments.values()) {
    const isIt = (attempt: Attempt) =>
      attempt.provider === provider &&
      attempt.market === market &&
      attempt.providerReference === reference;
    if (payment.attempts.some(isIt)) return payment.id;
  }
  return null;
}

export function list({ payments }: Tables, merchantId: string, query: ListQuery): Payment[] {
  const { reference, status, provider, createdAfter, createdBefore, after, limit } = query;
  return [...payments.values()]
    .map(copyOf)
    .filter((one) => one.merchantId === merchantId)
    .filter((one) => reference === undefined || one.reference === reference)
    .filter((one) => status === undefined || one.status === status)
    .filter((one) => provider === undefined || one.provider === provider)
    .filter((one) => createdAfter === undefined || one.createdAt > createdAfter)
    .filter((one) => createdBefore === undefined || one.createdAt < createdBefore)
    .filter((one) => after === undefined || one.id < after)
    .sort((a, b) => (a.id < b.id ? 1 : -1))
    .slice(0, limit);
}

export function readTimeline(
  { payments }: Tables,
  merchantId: string,
  paymentId: string,
  { after, limit }: { after: number; limit: number },
): TimelinePage | null {
  const record = payments.get(paymentId);
  if (record?.payment.merchantId !== merchantId) return null;
  const links = record.links.filter(({ number }) => number > after).slice(0, limit);
  return { head: headOf(record), links };
}

export function isLeased({ leaseUntilMs }: PaymentRecord, nowMs: number): boolean {
  return leaseUntilMs !== null && leaseUntilMs > nowMs;
}

export function heldOf(record: PaymentRecord, nowMs: number, byHint: boolean): HeldPayment {
  const { fence, keyHash, requestId, traceparent, messageKey } = record;
  const { attemptOutcome, mayHaveLeft, notFoundCount, statusQueries } = record;
  return {
    payment: copyOf(record),
    ...{ fence, keyHash, requestId, traceparent, messageKey },
    ...{ attemptOutcome, mayHaveLeft, notFoundCount, statusQueries },
    graceLeftMs: record.graceUntilMs - nowMs,
    sinceDispatchMs: nowMs - record.dispatchedAtMs,
    sequences: { ...record.sequences },
    heldAt: new Date(nowMs),
    byHint,
    timeline: headOf(record),
    hints: {
      heard: record.hintsHeard,
      told: record.hintsTold,
      lastAt: dateOf(record.hintedAtMs),
      lastClaimed: record.hintClaimed,
    },
  };
}
