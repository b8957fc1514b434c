/** The payment store in memory. It keeps what the contract suite says, and what the SQL says beyond it. */
import type { Payment } from '../../src/domain/payment.ts';
import type {
  HeldPayment,
  HintClaim,
  HintResult,
  Intent,
  IntentResult,
  KeyRow,
  PaymentStore,
} from '../../src/domain/store.ts';
import { handOver, redrive } from './fake-dispatches.ts';
import { applyMove } from './fake-moves.ts';
import {
  copyOf,
  findByReference,
  headOf,
  heldOf,
  isLeased,
  list,
  readTimeline,
} from './fake-reads.ts';
import { keyOf, note, type Tables } from './tables.ts';
import type { Wire } from './wire.ts';

const HINT_SPACING_MS = 2_000;

export function makeFakePaymentStore(tables: Tables, wire: Wire): PaymentStore {
  return {
    begin: (intent) => wire.call(`begins ${intent.paymentId}`, () => begin(tables, intent)),
    readKey: (merchantId, keyHash) =>
      wire.call('reads the key', () => readKey(tables, merchantId, keyHash)),
    redrive: (paymentId, fence, dispatch) =>
      wire.call(`drives ${paymentId} again`, () => redrive(tables, paymentId, fence, dispatch)),
    handOver: (paymentId, fence, handover) =>
      wire.call(`hands ${paymentId} over to ${handover.route.provider}`, () =>
        handOver(tables, paymentId, fence, handover),
      ),
    apply: (move) => {
      const what = `${move.status ?? 'no new state'} under fence ${move.fence}`;
      return wire.call(`writes ${move.paymentId}: ${what}`, () => applyMove(tables, move));
    },
    claimDue: (limit, leaseMs) =>
      wire.call('claims what is due', () => claimDue(tables, limit, leaseMs)),
    hint: (paymentId, provider, claimed) =>
      wire.call(`hints at ${paymentId}`, () => hint(tables, paymentId, provider, claimed)),
    find: (merchantId, paymentId) =>
      wire.call(`finds ${paymentId}`, () => {
        const record = tables.payments.get(paymentId);
        return record?.payment.merchantId === merchantId ? copyOf(record) : null;
      }),
    findByReference: (provider, market, reference) =>
      wire.call('finds a reference', () => findByReference(tables, provider, market, reference)),
    timeline: (merchantId, paymentId, page) =>
      wire.call('reads a timeline', () => readTimeline(tables, merchantId, paymentId, page)),
    list: (merchantId, query) => wire.call('lists', () => list(tables, merchantId, query)),
    processJobs: (consumer, jobs) =>
      wire.call('processes jobs', () => jobs.map((job) => processJob(tables, consumer, job))),
  };
}

function begin(tables: Tables, intent: Intent): IntentResult {
  const key = keyOf(intent.merchantId, intent.keyHash);
  if (tables.keys.has(key)) return { kind: 'exists' };
  const { provider, market, providerReference } = intent;
  if (findByReference(tables, provider, market, providerReference) !== null) {
    throw new Error('duplicate key value violates unique constraint: provider reference');
  }
  const nowMs = tables.nowMs();
  const at = new Date(nowMs);
  tables.keys.set(key, {
    merchantId: intent.merchantId,
    fingerprint: intent.fingerprint,
    paymentId: intent.paymentId,
    answer: null,
  });
  tables.payments.set(intent.paymentId, {
    payment: bornOf(intent, at),
    keyHash: intent.keyHash,
    messageKey: intent.messageKey,
    requestId: intent.requestId,
    traceparent: intent.traceparent,
    fence: 1n,
    leaseUntilMs: nowMs + intent.leaseMs,
    dispatchedAtMs: nowMs,
    graceUntilMs: nowMs + intent.leaseMs + intent.graceMs,
    attemptOutcome: null,
    mayHaveLeft: false,
    notFoundCount: 0,
    statusQueries: 0,
    nextCheckAtMs: nowMs + intent.leaseMs,
    hinted: false,
    ...{ hintedAtMs: null, hintClaimed: null, hintsHeard: 0, hintsTold: 0, evidence: [] },
    resolvesAtMs: nowMs + intent.resolvesInMs,
    links: [intent.link],
    sequences: { jobs: 0, events: 0 },
    lastOutboxId: 0n,
  });
  const change = { atMs: nowMs, paymentId: intent.paymentId, fence: 1n, rowFence: 1n };
  tables.history.push({ ...change, what: 'intent', from: null, to: 'RECEIVED' });
  return { kind: 'created', at };
}

function bornOf(intent: Intent, at: Date): Payment {
  const { provider, market, providerReference, reference, description, metadata } = intent;
  return {
    id: intent.paymentId,
    merchantId: intent.merchantId,
    status: 'RECEIVED',
    amountMinor: intent.amountMinor,
    currency: intent.currency,
    provider,
    market,
    payerMasked: intent.payerMasked,
    ...{ reference, description, metadata, failure: null, createdAt: at, updatedAt: at },
    ...{ nextCheckAt: null, resolvesBy: null, evidence: [] },
    attempts: [
      {
        ...{ number: 1, provider, market, providerReference },
        ...{ outcome: null, reason: null, startedAt: at, endedAt: null },
      },
    ],
  };
}

function readKey(tables: Tables, merchantId: string, keyHash: Buffer): KeyRow | null {
  const row = tables.keys.get(keyOf(merchantId, keyHash));
  const record = row && tables.payments.get(row.paymentId);
  if (!row || !record) return null;
  const { payment, fence, attemptOutcome, mayHaveLeft, leaseUntilMs } = record;
  return {
    paymentId: row.paymentId,
    fingerprint: row.fingerprint,
    answer: row.answer && { ...row.answer },
    pruned: false,
    status: payment.status,
    provider: payment.provider,
    market: payment.market,
    fence,
    attemptOutcome,
    mayHaveLeft,
    leaseLive: leaseUntilMs !== null && leaseUntilMs > tables.nowMs(),
    timeline: headOf(record),
  };
}

function claimDue(tables: Tables, limit: number, leaseMs: number): HeldPayment[] {
  const nowMs = tables.nowMs();
  const due = [...tables.payments.values()]
    .filter((record) => record.nextCheckAtMs !== null && record.nextCheckAtMs <= nowMs)
    .filter((record) => !isLeased(record, nowMs))
    .sort((a, b) => (a.nextCheckAtMs as number) - (b.nextCheckAtMs as number));
  return due.slice(0, limit).map((record) => {
    const byHint = record.hinted;
    record.fence += 1n;
    record.leaseUntilMs = nowMs + leaseMs;
    record.nextCheckAtMs = nowMs + leaseMs;
    record.hinted = false;
    note(tables, record, `held for a settlement, fence ${record.fence}`);
    return heldOf(record, nowMs, byHint);
  });
}

function hint(tables: Tables, paymentId: string, provider: string, claimed: HintClaim): HintResult {
  const record = tables.payments.get(paymentId);
  if (!record) return 'unknown';
  const { status } = record.payment;
  if (record.payment.provider !== provider) return 'elsewhere';
  if (status === 'SUCCEEDED' && claimed !== 'failed') return 'taken';
  if (status === 'FAILED' && claimed !== 'succeeded') return 'taken';
  const nowMs = tables.nowMs();
  const spacedMs = (record.hintedAtMs ?? Number.NEGATIVE_INFINITY) + HINT_SPACING_MS;
  const soonMs = Math.max(nowMs, record.leaseUntilMs ?? nowMs, spacedMs);
  record.nextCheckAtMs = Math.min(record.nextCheckAtMs ?? soonMs, soonMs);
  record.hinted = true;
  record.hintedAtMs = nowMs;
  record.hintClaimed = claimed;
  record.hintsHeard += 1;
  note(tables, record, `hinted at: ${claimed}`);
  return 'taken';
}

type Job = Parameters<PaymentStore['processJobs']>[1][number];

function processJob(tables: Tables, consumer: string, job: Job): boolean {
  const mark = `${consumer} ${job.eventId}`;
  if (tables.processed.has(mark)) return false;
  tables.processed.add(mark);
  const record = tables.payments.get(job.paymentId);
  if (!record || record.nextCheckAtMs === null) return true;
  if (record.payment.status !== 'ACCEPTED' && record.payment.status !== 'UNKNOWN') return true;
  const properMs = record.payment.updatedAt.getTime() + job.checkInMs;
  const soonMs = Math.max(properMs, record.leaseUntilMs ?? properMs);
  record.nextCheckAtMs = Math.min(record.nextCheckAtMs, soonMs);
  return true;
}
