/**
 * What happened to a payment, fact by fact. The facts of one commit are one link; each link is hashed together
 * with the hash of the one before, so that a link that was altered, removed or cut off shows.
 */
import type { Decision } from './decision.ts';
import { formatAmount } from './money.ts';
import { currentAttempt, type Payment, type PaymentStatus } from './payment.ts';
import type { ChargeOutcome, StatusOutcome } from './provider.ts';

/**
 * Where a word about the outcome comes from. `no-answer`: a call that brought no clear answer; `not-sent`: a dispatch
 * of which nothing left; `callback-hint`: what a callback claimed, which proves nothing.
 */
export const EVIDENCE_SOURCES = [
  'provider-answer',
  'status-query',
  'no-answer',
  'not-sent',
  'callback-hint',
] as const;
export type EvidenceSource = (typeof EVIDENCE_SOURCES)[number];

/** Something that was heard about the outcome. */
export interface Evidence {
  source: EvidenceSource;
  /** RFC 3339, as it is stored. */
  at: string;
  /** The word: an attempt's outcome, a status query's, what a callback claims, or which call had no answer. */
  says: string;
  reason: string | null;
}

export type Fact = { at: string } & (
  | {
      kind: 'intent';
      amount: string;
      currency: string;
      payer: string;
      reference: string | null;
      providerReference: string | null;
    }
  /** From here on a request may leave; nothing tells whether it did before an answer or a status query does. */
  | ({ kind: 'dispatch' } & DispatchTold)
  | { kind: Exclude<EvidenceSource, 'callback-hint'>; says: string; reason: string | null }
  /** `count`: callbacks since the last link that tells of any; time and claim are the latest one's. */
  | { kind: 'callback-hint'; says: string; count: number }
  /** The outcome of an attempt, where it is not the answer's own. */
  | { kind: 'attempt'; number: number; outcome: string; reason: string | null }
  | { kind: 'state'; status: PaymentStatus; failure: string | null }
  | { kind: 'posting'; posting: string; amount: string; currency: string }
  | { kind: 'discrepancy'; discrepancy: string }
  /** A person decided; the audit log says more. */
  | { kind: 'operator'; by: string; reason: string }
);

export const FACT_KINDS = [
  ...(['intent', 'dispatch', ...EVIDENCE_SOURCES, 'attempt', 'state'] as const),
  ...(['posting', 'discrepancy', 'operator'] as const),
] satisfies Fact['kind'][];

/** Where a timeline ends: number of its links, and the hash of the last. null: no link yet. */
export interface TimelineHead {
  count: number;
  hash: string | null;
}

/** One link, ready to be stored as it is: the facts are hashed as these bytes. */
export interface TimelineLink {
  number: number;
  /** Hex SHA-256; `usecases/link-facts.ts` says of what. */
  hash: string;
  /** Canonical JSON of `Fact[]`. */
  facts: string;
}

/** Callbacks of a payment: how many came, and of how many the timeline tells. */
export interface HeardHints {
  heard: number;
  told: number;
  lastAt: Date | null;
  lastClaimed: string | null;
}

export const NO_HINTS: HeardHints = { heard: 0, told: 0, lastAt: null, lastClaimed: null };

/** What a charge's call came to. Only the provider's own words are its answer. */
export function heardFromCharge(outcome: ChargeOutcome, at: Date): Evidence {
  switch (outcome.kind) {
    case 'accepted':
      return word(
        'provider-answer',
        'accepted',
        outcome.duplicate ? 'duplicate-reference' : null,
        at,
      );
    case 'declined':
      return word('provider-answer', 'declined', outcome.why.code, at);
    case 'unknown':
      return word('no-answer', 'charge', outcome.reason, at);
    case 'not_taken': {
      const source = outcome.cause === 'refused' ? 'provider-answer' : 'not-sent';
      return word(source, 'not_taken', outcome.reason, at);
    }
  }
}

function word(source: EvidenceSource, says: string, reason: string | null, at: Date): Evidence {
  return { source, at: at.toISOString(), says, reason };
}

/** Why nothing was asked at all: an outage of ours or of the way is no fact about the payment. */
export const NOT_ASKED: ReadonlySet<string> = new Set([
  'breaker-open',
  'bulkhead-full',
  'provider-not-configured',
]);

/** What a status query brought; null when none was sent. */
export function heardFromQuery(outcome: StatusOutcome, at: Date): Evidence | null {
  if (outcome.kind === 'unclear') {
    const { reason } = outcome;
    return NOT_ASKED.has(reason) ? null : word('no-answer', 'status-query', reason, at);
  }
  const reason = outcome.kind === 'failed' ? outcome.why.code : null;
  return word('status-query', outcome.kind, reason, at);
}

/** The latest word of each source, oldest first: enough to see why the state is what it is. */
export function withEvidence(known: readonly Evidence[], heard: Evidence): Evidence[] {
  return [...known.filter(({ source }) => source !== heard.source), heard];
}

export interface DispatchTold {
  market: string;
  provider: string;
  /** Where the payment goes to another provider: what that one is told. */
  providerReference?: string;
  requestId: string;
}

// From here on each fact is made with its members in alphabetical order: `JSON.stringify` then writes canonical JSON.

export function intentFacts(payment: Payment, requestId: string, at: Date): Fact[] {
  const { amountMinor, currency, provider, market } = payment;
  const intent: Fact = {
    amount: formatAmount(amountMinor, currency),
    at: at.toISOString(),
    currency,
    kind: 'intent',
    payer: payment.payerMasked,
    providerReference: currentAttempt(payment).providerReference,
    reference: payment.reference,
  };
  return [intent, dispatchFact({ market, provider, requestId }, at)];
}

export function dispatchFact(told: DispatchTold, at: Date): Fact {
  const { market, provider, providerReference, requestId } = told;
  const where = { at: at.toISOString(), kind: 'dispatch', market, provider } as const;
  return { ...where, ...(providerReference && { providerReference }), requestId };
}

interface Told {
  evidence: Evidence | null;
  hints: HeardHints;
  operator?: { by: string; reason: string };
}

/** Everything that one write tells, in the order in which it came about. */
export function decisionFacts(
  payment: Payment,
  decision: Decision,
  { evidence: heard, hints, operator }: Told,
  time: Date,
): Fact[] {
  const at = time.toISOString();
  const facts: Fact[] = [];
  const hint = hintFact(hints);
  if (hint) facts.push(hint);
  if (heard) facts.push(heardFact(heard));
  if (operator && decision.status) {
    facts.push({ at, by: operator.by, kind: 'operator', reason: operator.reason });
  }
  const isAnswer =
    heard !== null && heard.says !== 'status-query' && heard.source !== 'status-query';
  if (decision.attempt !== 'keep' && !isAnswer) {
    const { outcome, reason } = decision.attempt;
    const { number } = currentAttempt(payment);
    facts.push({ at, kind: 'attempt', number, outcome, reason });
  }
  if (decision.status) {
    const failure = decision.failure?.code ?? null;
    facts.push({ at, failure, kind: 'state', status: decision.status });
  }
  if (decision.capture) {
    const { amountMinor, currency } = payment;
    const amount = formatAmount(amountMinor, currency);
    facts.push({ amount, at, currency, kind: 'posting', posting: 'capture' });
  }
  if (decision.discrepancy) {
    facts.push({ at, discrepancy: decision.discrepancy.kind, kind: 'discrepancy' });
  }
  return facts;
}

function hintFact({ heard, told, lastAt, lastClaimed }: HeardHints): Fact | null {
  if (heard <= told || lastAt === null) return null;
  const says = lastClaimed ?? 'nothing';
  return { at: lastAt.toISOString(), count: heard - told, kind: 'callback-hint', says };
}

export function heardFact({ source, at, says, reason }: Evidence): Fact {
  return { at, kind: source, reason, says } as Fact;
}
