/**
 * Classifiers are tables: rows are read from the top, the first match decides, and what no row
 * names is `unknown`. So only a row, with its source beside it, can ever say "not taken" or
 * "declined".
 */
import type { Failure, FailureCode } from '../payment.ts';
import type { ChargeOutcome } from '../provider.ts';
import { isMarkup, type ProviderAnswer, readRetryAfterSeconds } from './answer.ts';

/**
 * - `official`: the provider's own page or SDK.
 * - `transcribed`: somebody's copy of the provider's portal.
 * - `observed`: seen in a live or sandbox test.
 * - `inferred`: follows from the above, not written anywhere.
 */
export type Confidence = 'official' | 'transcribed' | 'observed' | 'inferred';

export interface ChargeRow<Answer extends ProviderAnswer> {
  /** What it matches, in words: `code NOT_ENOUGH_FUNDS`. */
  readonly on: string;
  match(answer: Answer): boolean;
  readonly outcome: 'accepted' | 'duplicate' | 'declined' | 'refused' | 'unknown';
  /** Counts against the provider's health. */
  readonly failure: boolean;
  /** For `declined`. */
  readonly failureCode?: FailureCode;
  /** Short machine word. @default `http-<status>` */
  readonly reason?: string;
  readonly source: string;
  readonly confidence: Confidence;
}

export function onHttp(status: number) {
  return {
    on: `HTTP ${status}`,
    match: (answer: ProviderAnswer) => answer.status === status,
  };
}

/** A redirect is never followed, so whether the target would have taken the charge is not known. */
export function isRedirect(answer: ProviderAnswer): boolean {
  return answer.status >= 300 && answer.status < 400;
}

/**
 * Refused credentials: the provider did not look at the request. It stands below the rows of codes,
 * because a code says more, and a firewall's page is not the provider's word.
 */
export function authRow<Answer extends ProviderAnswer>(source: {
  source: string;
  confidence: Confidence;
}): ChargeRow<Answer> {
  return {
    on: 'HTTP 401 or 403, again after a new token, no markup',
    match: ({ status, body }) => (status === 401 || status === 403) && !isMarkup(body),
    outcome: 'refused',
    failure: true,
    ...source,
  };
}

export function classifyCharge<Answer extends ProviderAnswer>(
  rows: readonly ChargeRow<Answer>[],
  answer: Answer,
): ChargeOutcome {
  const row = findRow(rows, answer);
  const reason = row?.reason ?? `http-${answer.status}`;
  const { providerCode } = answer;
  switch (row?.outcome) {
    case 'accepted':
    case 'duplicate':
      return { kind: 'accepted', failure: false, duplicate: row.outcome === 'duplicate' };
    case 'declined': {
      const why = failureOf(row.failureCode ?? 'provider-error', providerCode);
      return { kind: 'declined', failure: false, why };
    }
    case 'refused': {
      const retryAfterSeconds = readRetryAfterSeconds(answer.headers);
      return {
        kind: 'not_taken',
        failure: row.failure,
        cause: 'refused',
        reason,
        providerCode,
        ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      };
    }
    default:
      return { kind: 'unknown', failure: true, reason };
  }
}

export function findRow<Answer extends ProviderAnswer>(
  rows: readonly ChargeRow<Answer>[],
  answer: Answer,
): ChargeRow<Answer> | undefined {
  return rows.find((row) => row.match(answer));
}

/** One sentence for a person. Providers' own texts stay out of answers: they may name the payer. */
const DETAILS: Record<FailureCode, string> = {
  'insufficient-funds': 'The wallet holds too little for this payment.',
  'limit-exceeded': 'The payment would exceed a limit of the wallet.',
  'payer-not-found': 'The provider knows no such wallet.',
  'payer-not-allowed': 'The wallet may not make this payment.',
  'payer-rejected': 'The payer did not approve the payment.',
  'payer-timeout': 'The payer did not answer in time.',
  cancelled: 'The payment was cancelled.',
  'amount-rejected': 'The provider does not take this amount.',
  'provider-rejected': 'The provider refused it because of the account or set-up of the gateway.',
  'provider-error': 'The provider reported a failure without saying more.',
  'not-taken': 'The provider never took the payment.',
  'manual-review': 'A person ended the payment after review.',
};

export function failureOf(code: FailureCode, providerCode: string | null): Failure {
  return { code, providerCode, detail: DETAILS[code] };
}
