import type { Decision } from '../domain/decision.ts';
import type { AnswerRenderer } from '../domain/gateway.ts';
import { capturePosting } from '../domain/ledger.ts';
import type { Attempt, Payment } from '../domain/payment.ts';
import type { Ids, StoredAnswer } from '../domain/ports.ts';
import type { HeldPayment, Move } from '../domain/store.ts';
import { messagesFor } from './payment-messages.ts';

export interface DecisionWriterDeps {
  render: AnswerRenderer;
  ids: Pick<Ids, 'eventId'>;
}

/** A decision made concrete: the payment as it will be, and the one write that makes it so. */
export interface Written {
  payment: Payment;
  answer: StoredAnswer | null;
  move: Move;
}

export type Holding = Pick<
  HeldPayment,
  'payment' | 'fence' | 'requestId' | 'traceparent' | 'messageKey' | 'sequences'
>;

/**
 * Everything that a decision writes is made here, before its commit, because the answer's bytes and the
 * messages must be the same whoever reads them later. `at` is the store's clock, carried on monotonically.
 */
export function makeDecisionWriter({ render, ids }: DecisionWriterDeps) {
  return (held: Holding, decision: Decision, statusQueries: 0 | 1, at: Date): Written => {
    const payment = applyDecision(held.payment, decision, at);
    const answer = renderAnswer(render, decision, payment, held.requestId);
    const current = payment.attempts.at(-1) as Attempt;
    const messages = messagesFor(payment, decision, {
      messageKey: held.messageKey,
      traceparent: held.traceparent,
      sequences: held.sequences,
      newEventId: () => ids.eventId(),
    });
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
        statusQueries,
        nextCheckInMs: decision.nextCheckInMs,
        answer,
        at,
        messages,
        posting: decision.capture ? capturePosting(payment) : null,
        discrepancy: decision.discrepancy,
      },
    };
  };
}

function applyDecision(payment: Payment, decision: Decision, at: Date): Payment {
  const { attempt, status, failure } = decision;
  if (attempt === 'keep' && status === null) return payment;
  const attempts = payment.attempts.slice();
  const current = attempts.pop() as Attempt;
  attempts.push(
    attempt === 'keep'
      ? current
      : { ...current, outcome: attempt.outcome, reason: attempt.reason, endedAt: at },
  );
  return {
    ...payment,
    status: status ?? payment.status,
    failure: failure ?? payment.failure,
    updatedAt: at,
    attempts,
  };
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
