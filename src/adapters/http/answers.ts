/** The bytes of the answers about payments: given once, stored, and replayed as they were. */
import type { AnswerRenderer, TimelineView } from '../../domain/gateway.ts';
import { formatAmount } from '../../domain/money.ts';
import { outcomeOf } from '../../domain/outcome.ts';
import type { Attempt, Payment } from '../../domain/payment.ts';
import type { StoredAnswer } from '../../domain/ports.ts';
import { PROBLEM_CONTENT_TYPE, type Problem, problem } from './problem-details.ts';

function attemptView(attempt: Attempt) {
  return {
    number: attempt.number,
    provider: attempt.provider,
    providerReference: attempt.providerReference,
    outcome: attempt.outcome,
    reason: attempt.reason,
    startedAt: attempt.startedAt.toISOString(),
    endedAt: attempt.endedAt === null ? null : attempt.endedAt.toISOString(),
  };
}

function outcomeView(payment: Payment) {
  const { certainty, nextCheckAt, resolvesBy, evidence } = outcomeOf(payment);
  return {
    certainty,
    nextCheckAt: nextCheckAt === null ? null : nextCheckAt.toISOString(),
    resolvesBy: resolvesBy === null ? null : resolvesBy.toISOString(),
    // Member by member: the store keeps them in an order of its own.
    evidence: evidence.map(({ source, at, says, reason }) => ({ source, at, says, reason })),
  };
}

/** The payment as merchants see it, in the order in which its members are written. */
export function paymentView(payment: Payment) {
  return {
    id: payment.id,
    status: payment.status,
    amount: formatAmount(payment.amountMinor, payment.currency),
    currency: payment.currency,
    provider: payment.provider,
    payer: { msisdn: payment.payerMasked },
    reference: payment.reference,
    description: payment.description,
    metadata: payment.metadata,
    failure: payment.failure,
    createdAt: payment.createdAt.toISOString(),
    updatedAt: payment.updatedAt.toISOString(),
    attempts: payment.attempts.map(attemptView),
    outcome: outcomeView(payment),
  };
}

/** What was hashed is told as it was stored. */
export function timelineView(paymentId: string, { head, links, nextAfter }: TimelineView) {
  return {
    paymentId,
    count: head.count,
    head: head.hash,
    links: links.map(({ number, hash, facts }) => ({ number, hash, facts: JSON.parse(facts) })),
    nextAfter,
  };
}

export type PaymentView = ReturnType<typeof paymentView>;

function problemAnswer(paymentId: string, document: Problem): StoredAnswer {
  return {
    status: document.status,
    body: JSON.stringify(document),
    contentType: PROBLEM_CONTENT_TYPE,
    paymentId,
  };
}

export function makeAnswerRenderer(): AnswerRenderer {
  return {
    accepted(payment) {
      return {
        status: 202,
        body: JSON.stringify(paymentView(payment)),
        contentType: 'application/json',
        paymentId: payment.id,
      };
    },

    declined(payment, requestId) {
      if (payment.failure === null) throw new Error('a declined payment has a failure');
      const { id: paymentId, provider, failure } = payment;
      const declined = problem('payment-declined', failure.detail, requestId);
      return problemAnswer(paymentId, { ...declined, provider, paymentId, failure });
    },

    expired(paymentId, requestId) {
      const detail = 'The payment was closed: no provider took it. Pay again with a new key.';
      const expired = problem('idempotency-key-expired', detail, requestId);
      return problemAnswer(paymentId, { ...expired, paymentId });
    },
  };
}
