/** What each word of an answer means for the merchant who reads it. */
import { type FailureCode, isFinal, type PaymentStatus } from '../../domain/payment.ts';

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
