/** How the store in memory takes the next fence for one dispatch more: as `dispatches.ts` of Postgres, constraints too. */
import type { Attempt } from '../../src/domain/payment.ts';
import type { Handover, HeldPayment, Redispatch, Route } from '../../src/domain/store.ts';
import { findByReference, heldOf, isLeased } from './fake-reads.ts';
import { note, type PaymentRecord, type Tables } from './tables.ts';

export function redrive(
  tables: Tables,
  paymentId: string,
  fence: bigint,
  dispatch: Redispatch,
): HeldPayment | null {
  const record = tables.payments.get(paymentId);
  if (!record || !mayTake(record, fence, dispatch)) return null;
  if (record.attemptOutcome !== 'not_taken' || isLeased(record, tables.nowMs())) return null;
  return take(tables, record, dispatch);
}

export function handOver(
  tables: Tables,
  paymentId: string,
  fence: bigint,
  handover: Handover,
): HeldPayment | null {
  const record = tables.payments.get(paymentId);
  if (!record || !mayTake(record, fence, handover) || isHere(record, handover.route)) return null;
  if (record.attemptOutcome !== null || record.leaseUntilMs === null) return null;
  const { reason, at } = handover.ended;
  const open = record.payment.attempts.find(({ outcome }) => outcome === null);
  if (open) Object.assign(open, { outcome: 'not_taken', reason, endedAt: at });
  return take(tables, record, handover);
}

const isHere = ({ payment }: PaymentRecord, { provider, market }: Route) =>
  payment.provider === provider && payment.market === market;

function mayTake(record: PaymentRecord, fence: bigint, { route, link }: Redispatch): boolean {
  if (record.fence !== fence || record.payment.status !== 'RECEIVED') return false;
  if (record.links.length !== link.number - 1) return false;
  return isHere(record, route) || !record.mayHaveLeft;
}

function take(tables: Tables, record: PaymentRecord, dispatch: Redispatch): HeldPayment {
  const { route, requestId, traceparent, leaseMs, graceMs, resolvesInMs, link } = dispatch;
  const nowMs = tables.nowMs();
  refuseSecondProvider(tables, record, route);
  record.links.push(link);
  Object.assign(record, {
    fence: record.fence + 1n,
    leaseUntilMs: nowMs + leaseMs,
    graceUntilMs: nowMs + leaseMs + graceMs,
    dispatchedAtMs: nowMs,
    nextCheckAtMs: nowMs + leaseMs,
    ...{ attemptOutcome: null, notFoundCount: 0, statusQueries: 0, hinted: false },
    ...{ requestId, traceparent, evidence: [], resolvesAtMs: nowMs + resolvesInMs },
  } satisfies Partial<PaymentRecord>);
  tryAt(tables, record, route, new Date(nowMs));
  note(tables, record, `dispatched to ${route.provider}, fence ${record.fence}`);
  return heldOf(record, nowMs, false);
}

/** One attempt for each provider; on the way back its reference stays the stored one. */
function tryAt(tables: Tables, record: PaymentRecord, route: Route, startedAt: Date): void {
  const { payment } = record;
  const { provider, market, providerReference } = route;
  const open = { outcome: null, reason: null, startedAt, endedAt: null };
  const known = attemptAt(record, route);
  if (known) Object.assign(known, open);
  else {
    if (findByReference(tables, provider, market, providerReference) !== null) {
      throw new Error('duplicate key value violates unique constraint: provider reference');
    }
    payment.attempts.push({ number: payment.attempts.length + 1, ...route, ...open });
  }
  Object.assign(payment, { provider, market });
}

function attemptAt({ payment }: PaymentRecord, { provider, market }: Route): Attempt | undefined {
  return payment.attempts.find((one) => one.provider === provider && one.market === market);
}

/** The triggers of migration 0006. */
function refuseSecondProvider(tables: Tables, record: PaymentRecord, route: Route): void {
  const { id, attempts } = record.payment;
  const others = attempts.filter((one) => one !== attemptAt(record, route));
  const isTied = others.some(({ outcome }) => outcome !== 'not_taken');
  if (!isTied && (others.length === 0 || isHere(record, route) || !record.mayHaveLeft)) return;
  tables.refused.push(`${id}: may not go to ${route.provider} as well`);
  throw new Error('check_violation: a second provider');
}
