import type { Decision } from '../domain/decision.ts';
import type { Fee } from '../domain/fee.ts';
import type { AnswerRenderer } from '../domain/gateway.ts';
import { capturePosting } from '../domain/ledger.ts';
import { resolvesInMs } from '../domain/outcome.ts';
import { currentAttempt, type Payment, withCurrent } from '../domain/payment.ts';
import type { Ids, StoredAnswer } from '../domain/ports.ts';
import type { Timing } from '../domain/settings.ts';
import type { HeldPayment, Move } from '../domain/store.ts';
import { decisionFacts, type Evidence, withEvidence } from '../domain/timeline.ts';
import { linkFacts } from './link-facts.ts';
import { messagesFor } from './payment-messages.ts';

export interface DecisionWriterDeps {
  render: AnswerRenderer;
  ids: Pick<Ids, 'eventId'>;
  timing: Timing;
}

/** A decision made concrete: the payment as it will be, and the one write that makes it so. */
export interface Written {
  payment: Payment;
  answer: StoredAnswer | null;
  move: Move;
}

export type Holding = Omit<
  HeldPayment,
  'keyHash' | 'attemptOutcome' | 'mayHaveLeft' | 'notFoundCount' | 'heldAt' | 'byHint'
>;

/** What a decision follows from: the provider's word, if any, and the status queries that it took. */
export interface Heard {
  evidence: Evidence | null;
  statusQueries: 0 | 1;
  /** The person who decided, where it was no status query. */
  operator?: { by: string; reason: string };
}

/**
 * Everything that a decision writes is made here, before its commit, because the answer's bytes, the messages and the
 * timeline must be the same whoever reads them later. `at` is the store's clock, carried on monotonically.
 */
export function makeDecisionWriter({ render, ids, timing }: DecisionWriterDeps) {
  return (
    held: Holding,
    decision: Decision,
    heard: Heard,
    at: Date,
    fee: Fee | null = null,
  ): Written => {
    const boundMs = boundOf(held, decision, heard, timing);
    const payment = applyDecision(held.payment, decision, heard, boundMs, at);
    const answer = renderAnswer(render, decision, payment, held.requestId);
    const current = currentAttempt(payment);
    const messages = messagesFor(payment, decision, {
      messageKey: held.messageKey,
      traceparent: held.traceparent,
      sequences: held.sequences,
      newEventId: () => ids.eventId(),
    });
    const facts = decisionFacts(payment, decision, { ...heard, hints: held.hints }, at);
    return {
      payment,
      answer,
      move: {
        paymentId: payment.id,
        fence: held.fence,
        attemptNumber: current.number,
        status: decision.status,
        failure: decision.failure,
        attempt: decision.attempt,
        notFoundCount: decision.notFoundCount,
        statusQueries: heard.statusQueries,
        nextCheckInMs: decision.nextCheckInMs,
        answer,
        at,
        messages,
        posting: decision.capture ? capturePosting(payment, fee) : null,
        discrepancy: decision.discrepancy,
        link: linkFacts(payment.id, held.timeline, facts),
        hintsTold: held.hints.heard,
        evidence: heard.evidence && ownEvidence(payment),
        resolvesInMs: boundMs,
      },
    };
  };
}

/** Callbacks stand in columns of their own. */
function ownEvidence({ evidence }: Payment): Evidence[] {
  return evidence.filter(({ source }) => source !== 'callback-hint');
}

function boundOf(
  held: Holding,
  decision: Decision,
  { statusQueries }: Heard,
  timing: Timing,
): number | null {
  const standing = {
    status: decision.status ?? held.payment.status,
    nextCheckInMs: decision.nextCheckInMs ?? 0,
    statusQueries: held.statusQueries + statusQueries,
    graceLeftMs: held.graceLeftMs,
    sinceDispatchMs: held.sinceDispatchMs,
  };
  return resolvesInMs(standing, timing);
}

function applyDecision(
  payment: Payment,
  decision: Decision,
  { evidence }: Heard,
  boundMs: number | null,
  at: Date,
): Payment {
  const { attempt, status, failure } = decision;
  const told: Payment = {
    ...payment,
    nextCheckAt: after(at, decision.nextCheckInMs),
    resolvesBy: after(at, boundMs),
    evidence: evidence ? withEvidence(payment.evidence, evidence) : payment.evidence,
  };
  if (attempt === 'keep' && status === null) return told;
  const attempts =
    attempt === 'keep'
      ? payment.attempts
      : withCurrent(payment, { outcome: attempt.outcome, reason: attempt.reason, endedAt: at });
  return {
    ...told,
    status: status ?? payment.status,
    failure: failure ?? payment.failure,
    updatedAt: at,
    attempts,
  };
}

function after(at: Date, ms: number | null): Date | null {
  return ms === null ? null : new Date(at.getTime() + ms);
}

function renderAnswer(
  render: AnswerRenderer,
  { answer }: Decision,
  payment: Payment,
  requestId: string,
): StoredAnswer | null {
  switch (answer) {
    case null:
      return null;
    case 'accepted':
      return render.accepted(payment);
    case 'declined':
      return render.declined(payment, requestId);
    case 'expired':
      return render.expired(payment.id, requestId);
  }
}
