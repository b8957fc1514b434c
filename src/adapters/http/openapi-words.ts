/** What each word of an answer means for the merchant who reads it. */
import type { Certainty } from '../../domain/outcome.ts';
import { type FailureCode, isFinal, type PaymentStatus } from '../../domain/payment.ts';
import type { EvidenceSource } from '../../domain/timeline.ts';

const STATUSES: Record<PaymentStatus, string> = {
  RECEIVED:
    'nothing has been taken: the last answer was a 502 or a 503, or a dispatch is under way. The ' +
    'same key drives the payment again. Without that it is closed as FAILED with `not-taken` ' +
    'after 24 h (by default), and the key then answers 422 `idempotency-key-expired` with ' +
    '`retry` `new-key`',
  ACCEPTED: 'the provider has taken the request and waits for the payer: keep asking',
  UNKNOWN:
    'the provider may or may not have taken it, and the gateway is finding out: keep asking, and ' +
    'do not pay again with another key',
  SUCCEEDED: 'paid',
  FAILED: 'not paid; `failure` says why. Pay again with a new key, if at all',
  MANUAL_REVIEW:
    'the provider gave no clear word for too long, and a person looks into it: keep asking now ' +
    'and then, and do not pay again',
};

const FAILURES: Record<FailureCode, string> = {
  'insufficient-funds': 'the wallet holds too little',
  'limit-exceeded': 'a limit of the wallet is reached, such as its daily one',
  'payer-not-found': 'the provider knows no such wallet',
  'payer-not-allowed': 'the wallet may not pay: barred, inactive or not registered for it',
  'payer-rejected': 'the payer said no',
  'payer-timeout': 'the payer did not answer in time',
  cancelled: 'the payment was cancelled at the provider',
  'amount-rejected': 'the provider does not take this amount',
  'provider-rejected': "the provider refused the gateway's account or its set-up: tell us",
  'provider-error': 'the provider says that it failed and not why',
  'not-taken': 'no provider took it; nothing was charged',
  'manual-review': 'the provider gave no clear word; a person asked it, and ended the payment',
};

const CERTAINTIES: Record<Certainty, string> = {
  final: 'the payment is `SUCCEEDED` or `FAILED`, and moves no more',
  'provider-says':
    "the state is the provider's own word, which is not its last: it has the request, or says that " +
    'it has not',
  unknown: 'a dispatch is under way, or nobody has said what came of it: do not pay again',
};

const EVIDENCE: Record<EvidenceSource, string> = {
  'provider-answer': 'what the provider answered to the charge',
  'status-query': 'what the provider answered when it was asked for the charge',
  'no-answer': 'a charge or a status query, as `says` tells, without a clear answer',
  'not-sent': 'nothing of the dispatch left the gateway',
  'callback-hint': 'what a callback claims: it makes the gateway ask, and proves nothing',
};

/** A list in CommonMark, as tools for OpenAPI show it. */
function listOf(words: Record<string, string>): string {
  return Object.entries(words)
    .map(([word, meaning]) => `- \`${word}\`: ${meaning}.`)
    .join('\n');
}

export function describeStatuses(): string {
  const finals = Object.fromEntries(
    Object.entries(STATUSES).map(([status, meaning]) => [
      status,
      isFinal(status as PaymentStatus) ? `final: ${meaning}` : meaning,
    ]),
  );
  return listOf(finals);
}

export function describeFailures(): string {
  return listOf(FAILURES);
}

export function describeCertainties(): string {
  return listOf(CERTAINTIES);
}

export function describeEvidence(): string {
  return listOf(EVIDENCE);
}
