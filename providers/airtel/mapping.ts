/** Airtel's answers to outcomes. Total: any status, headers and body give one. */
import type { ChargeOutcome, StatusOutcome } from '../../src/domain/provider.ts';
import { type HttpAnswer, property, readCode } from '../../src/domain/provider-kit/answer.ts';
import {
  authRow,
  type ChargeRow,
  classifyCharge,
  failureOf,
  findRow,
  isRedirect,
  onHttp,
} from '../../src/domain/provider-kit/outcome-table.ts';
import { type AirtelAnswer, hasCode, readAirtelAnswer } from './answer.ts';
import {
  AMBIGUOUS_CODES,
  AMBIGUOUS_OLDER_CODES,
  AMBIGUOUS_PIN_CODE,
  type CodeRow,
  DUPLICATE_CODE,
  type FailureCodeRow,
  IN_PROCESS_CODE,
  NOT_FOUND_CODES,
  NUMBER_CODES,
  PAYER_CODES,
  ROUTER_REFUSALS,
  SETUP_CODES,
  SUCCESS_CODE,
} from './codes.ts';

const HTTP_TABLE = "copy of the portal's table of HTTP codes";
const PUSH_SAMPLE = "copies of the portal's sample of an accepted push";

const onCode = (code: string) => ({
  on: `code ${code}`,
  match: (answer: AirtelAnswer) => hasCode(answer, code),
});

type Row = ChargeRow<AirtelAnswer>;

const ambiguous = ({ code, source, confidence }: CodeRow): Row => ({
  ...onCode(code),
  outcome: 'unknown',
  failure: true,
  reason: code.toLowerCase(),
  source,
  confidence,
});

const declined = ({ code, failureCode, source, confidence }: FailureCodeRow): Row => ({
  ...onCode(code),
  outcome: 'declined',
  failure: false,
  failureCode,
  source,
  confidence,
});

const refused = ({ code, source, confidence }: CodeRow): Row => ({
  ...onCode(code),
  outcome: 'refused',
  failure: false,
  reason: code.toLowerCase(),
  source,
  confidence,
});

const accepted = (code: string): Row => ({
  ...onCode(code),
  outcome: 'accepted',
  failure: false,
  source: PUSH_SAMPLE,
  confidence: 'transcribed',
});

const unknown = { outcome: 'unknown', failure: true, confidence: 'transcribed' } as const;

const AUTH_ROW: Row = authRow({
  source: `${HTTP_TABLE}; an open mock answers 403 to a bad token`,
  confidence: 'transcribed',
});

/**
 * The order matters: what is ambiguous by its HTTP status or a duplicate is so whatever else it
 * says.
 */
export const AIRTEL_CHARGE_ROWS: readonly Row[] = [
  {
    ...unknown,
    on: 'HTTP 3xx',
    match: isRedirect,
    reason: 'redirect',
    source: 'never followed; where it leads may take the charge',
    confidence: 'inferred',
  },
  { ...unknown, ...onHttp(408), source: `${HTTP_TABLE}: do an enquiry` },
  {
    ...onHttp(429),
    outcome: 'refused',
    failure: true,
    source: HTTP_TABLE,
    confidence: 'transcribed',
  },
  {
    ...onCode(DUPLICATE_CODE),
    outcome: 'duplicate',
    failure: false,
    source: 'Airtel result codes: the external transaction id already exists',
    confidence: 'transcribed',
  },
  ...AMBIGUOUS_CODES.map(ambiguous),
  ...PAYER_CODES.map(declined),
  {
    on: `code ${AMBIGUOUS_PIN_CODE} whose message names the MSISDN`,
    match: (answer) => hasCode(answer, AMBIGUOUS_PIN_CODE) && namesMsisdn(answer),
    outcome: 'declined',
    failure: false,
    failureCode: 'payer-not-found',
    source: "copy of the portal's sample of a refused push",
    confidence: 'transcribed',
  },
  {
    ...unknown,
    ...onCode(AMBIGUOUS_PIN_CODE),
    reason: 'dp00800001005',
    source: 'also said of a transaction id that is not valid, so it could hide a duplicate',
    confidence: 'inferred',
  },
  ...[IN_PROCESS_CODE, SUCCESS_CODE].map(accepted),
  ...SETUP_CODES.map(refused),
  ...ROUTER_REFUSALS.map(refused),
  ...AMBIGUOUS_OLDER_CODES.map(ambiguous),
  ...NUMBER_CODES.map(declined),
  AUTH_ROW,
  {
    on: 'HTTP 2xx with a transaction whose status begins with "success", success not false',
    match: isAcceptedPush,
    outcome: 'accepted',
    failure: false,
    source: `${PUSH_SAMPLE}; a client's fixture spells it "Success."`,
    confidence: 'observed',
  },
];

function namesMsisdn({ message }: AirtelAnswer): boolean {
  return /msisdn/i.test(message);
}

function isAcceptedPush(answer: AirtelAnswer): boolean {
  const state = property(answer.transaction, 'status');
  const says = typeof state === 'string' && /^success/i.test(state);
  return is2xx(answer) && says && property(answer.envelope, 'success') !== false;
}

function is2xx({ status }: { status: number }): boolean {
  return status >= 200 && status < 300;
}

export function isAirtelAuthRefusal(answer: HttpAnswer): boolean {
  return findRow(AIRTEL_CHARGE_ROWS, readAirtelAnswer(answer)) === AUTH_ROW;
}

export function mapAirtelCharge(answer: HttpAnswer): ChargeOutcome {
  return classifyCharge(AIRTEL_CHARGE_ROWS, readAirtelAnswer(answer));
}

/** The envelope around an enquiry contradicts itself; only the transaction's own status decides. */
export function mapAirtelStatus(httpAnswer: HttpAnswer, reference: string): StatusOutcome {
  const answer = readAirtelAnswer(httpAnswer);
  if (is2xx(answer) && answer.transaction !== undefined) return mapTransaction(answer, reference);
  if (isNotFound(answer)) return { kind: 'not_found', failure: false };
  const isAboutUs = [401, 403, 408, 429].includes(answer.status) || isRedirect(answer);
  const failure = answer.status >= 500 || isAboutUs || answer.json === undefined;
  const code = answer.providerCode?.toLowerCase() ?? `http-${answer.status}`;
  return { kind: 'unclear', failure, reason: code };
}

function mapTransaction(answer: AirtelAnswer, reference: string): StatusOutcome {
  const { transaction } = answer;
  const id = property(transaction, 'id');
  // Another payment's state must never settle this one.
  if (id !== undefined && id !== reference) {
    return { kind: 'unclear', failure: true, reason: 'other-reference' };
  }
  switch (property(transaction, 'status')) {
    case 'TS': {
      const providerTransactionId = readCode(property(transaction, 'airtel_money_id'));
      return { kind: 'succeeded', failure: false, taken: null, providerTransactionId };
    }
    case 'TF':
      return { kind: 'failed', failure: false, why: failedBecause(answer) };
    case 'TE':
      return { kind: 'failed', failure: false, why: failureOf('payer-timeout', 'TE') };
    case 'TIP':
    case 'TA':
      return { kind: 'pending', failure: false };
    default:
      return { kind: 'unclear', failure: true, reason: 'unreadable' };
  }
}

/**
 * TF says only that it failed; the envelope's code may say why, or may be the code of the enquiry
 * itself.
 */
function failedBecause(answer: AirtelAnswer) {
  const row = [...PAYER_CODES, ...NUMBER_CODES].find(({ code }) => hasCode(answer, code));
  if (row !== undefined) return failureOf(row.failureCode, row.code);
  if (hasCode(answer, AMBIGUOUS_PIN_CODE)) {
    const failureCode = namesMsisdn(answer) ? 'payer-not-found' : 'payer-timeout';
    return failureOf(failureCode, AMBIGUOUS_PIN_CODE);
  }
  return failureOf('provider-error', 'TF');
}

/** Only in the provider's own envelope: a proxy's 404 knows nothing about payments. */
function isNotFound(answer: AirtelAnswer): boolean {
  const { status, envelope, transaction, responseCode, resultCode } = answer;
  if (envelope === undefined || transaction !== undefined) return false;
  const saysSo = NOT_FOUND_CODES.some((code) => hasCode(answer, code));
  if (saysSo) return is2xx(answer) || status === 400 || status === 404;
  return status === 404 && responseCode === null && resultCode === null;
}
