/** MTN's answers to outcomes. Total: any status, headers and body give one. */
import { isKnownCurrency, readAmount } from '../../src/domain/money.ts';
import type { ChargeOutcome, StatusOutcome } from '../../src/domain/provider.ts';
import {
  asObject,
  type HttpAnswer,
  type JsonObject,
  type ProviderAnswer,
  property,
  readCode,
} from '../../src/domain/provider-kit/answer.ts';
import {
  authRow,
  type ChargeRow,
  classifyCharge,
  failureOf,
  findRow,
  isRedirect,
  onHttp,
} from '../../src/domain/provider-kit/outcome-table.ts';
import { readMtnAnswer } from './answer.ts';
import { FAILED_REASONS, PAYER_CODES, SETUP_CODES, UNFINISHED_REASONS } from './codes.ts';

const ERROR_TABLE = 'MTN developer portal, table of common API errors';

/** A code counts only on an error: MTN documents none for its 2xx answers. */
const onCode = (code: string) => ({
  on: `code ${code}`,
  match: (answer: ProviderAnswer) => answer.status >= 400 && answer.providerCode === code,
});

const AUTH_ROW = authRow({ source: ERROR_TABLE, confidence: 'official' });

export const MTN_CHARGE_ROWS: readonly ChargeRow<ProviderAnswer>[] = [
  {
    on: 'HTTP 202 with an empty body or an object',
    match: ({ status, body, json }) => status === 202 && (body === '' || json !== undefined),
    outcome: 'accepted',
    failure: false,
    source: 'MTN Collection API, requesttopay',
    confidence: 'official',
  },
  {
    on: 'HTTP 3xx',
    match: isRedirect,
    outcome: 'unknown',
    failure: true,
    reason: 'redirect',
    source: 'never followed; where it leads may take the charge',
    confidence: 'inferred',
  },
  {
    ...onHttp(429),
    outcome: 'refused',
    failure: true,
    source: 'RFC 6585; the Azure API gateway in front of MTN refuses before it forwards',
    confidence: 'official',
  },
  {
    ...onCode('RESOURCE_ALREADY_EXIST'),
    outcome: 'duplicate',
    failure: false,
    source: `${ERROR_TABLE}: the original charge is untouched`,
    confidence: 'official',
  },
  {
    ...onCode('SERVICE_UNAVAILABLE'),
    outcome: 'refused',
    failure: true,
    reason: 'service-unavailable',
    source: `${ERROR_TABLE}: try again later`,
    confidence: 'official',
  },
  ...SETUP_CODES.map(
    ({ code, source, confidence }): ChargeRow<ProviderAnswer> => ({
      ...onCode(code),
      outcome: 'refused',
      failure: false,
      reason: spell(code),
      source,
      confidence,
    }),
  ),
  ...PAYER_CODES.map(
    ({ code, failureCode, source, confidence }): ChargeRow<ProviderAnswer> => ({
      ...onCode(code),
      outcome: 'declined',
      failure: false,
      failureCode,
      source,
      confidence,
    }),
  ),
  AUTH_ROW,
  {
    on: "HTTP 400 with an empty body, or the gateway's own statusCode 400",
    match: ({ status, body, json }) =>
      status === 400 && (body === '' || isGatewayError(json, status)),
    outcome: 'refused',
    failure: false,
    source: `${ERROR_TABLE}: a header, the reference or a text is not valid; no body`,
    confidence: 'official',
  },
];

/** `{ "statusCode": 400, "message": "…" }`: how the API gateway reports what it refused itself. */
function isGatewayError(json: JsonObject | undefined, status: number): boolean {
  const hasCode = property(json, 'code') !== undefined;
  return property(json, 'statusCode') === status && !hasCode;
}

function spell(code: string): string {
  return code.toLowerCase().replaceAll('_', '-');
}

export function isMtnAuthRefusal(answer: HttpAnswer): boolean {
  return findRow(MTN_CHARGE_ROWS, readMtnAnswer(answer)) === AUTH_ROW;
}

export function mapMtnCharge(answer: HttpAnswer): ChargeOutcome {
  return classifyCharge(MTN_CHARGE_ROWS, readMtnAnswer(answer));
}

/**
 * 200 tells the truth about the charge, even when it failed; anything else tells about the query.
 */
export function mapMtnStatus(answer: HttpAnswer): StatusOutcome {
  const { status, json, providerCode } = readMtnAnswer(answer);
  if (status === 200) return mapMtnState(json);
  // Without its code a 404 may come from a proxy that knows nothing about payments.
  if (status === 404 && providerCode === 'RESOURCE_NOT_FOUND') {
    return { kind: 'not_found', failure: false };
  }
  const isAboutUs = status >= 400 && status < 500 && json !== undefined;
  const failure = !isAboutUs || [401, 403, 429].includes(status);
  return { kind: 'unclear', failure, reason: `http-${status}` };
}

function mapMtnState(json: JsonObject | undefined): StatusOutcome {
  switch (property(json, 'status')) {
    case 'SUCCESSFUL': {
      const providerTransactionId = readCode(property(json, 'financialTransactionId'));
      return { kind: 'succeeded', failure: false, taken: takenOf(json), providerTransactionId };
    }
    case 'PENDING':
      return { kind: 'pending', failure: false };
    case 'FAILED':
      return mapFailedReason(readReason(property(json, 'reason')));
    default:
      return { kind: 'unclear', failure: true, reason: 'unreadable' };
  }
}

/** Documented as an object with a code, sent as plain text. */
function readReason(reason: unknown): string | null {
  return readCode(property(asObject(reason), 'code') ?? reason);
}

function mapFailedReason(reason: string | null): StatusOutcome {
  if (UNFINISHED_REASONS.some(({ code }) => code === reason)) {
    return { kind: 'pending', failure: false };
  }
  const row = FAILED_REASONS.find(({ code }) => code === reason);
  const why = failureOf(row?.failureCode ?? 'provider-error', reason);
  return { kind: 'failed', failure: false, why };
}

/**
 * MTN writes "5.0" back as "5". An amount or currency that cannot be read must not pass for a
 * match.
 */
function takenOf(json: JsonObject | undefined) {
  const amount = property(json, 'amount');
  const currency = property(json, 'currency');
  if (typeof currency !== 'string') return null;
  const text = typeof amount === 'number' ? String(amount) : amount;
  const amountMinor =
    typeof text === 'string' && isKnownCurrency(currency)
      ? (readAmount(text, currency) ?? null)
      : null;
  return { amountMinor, currency };
}
