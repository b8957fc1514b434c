/** Airtel Money, USSD push, as a `PaymentProvider`. */

import type { PaymentProvider } from '../../src/domain/provider.ts';
import type {
  ProviderDefinition,
  ProviderDependencies,
} from '../../src/domain/provider-definition.ts';
import { makeAccessToken } from '../../src/domain/provider-kit/access-token.ts';
import {
  chargeWithoutAnswer,
  makeAuthorizedCall,
  statusWithoutAnswer,
} from '../../src/domain/provider-kit/authorized-call.ts';
import { failureOf } from '../../src/domain/provider-kit/outcome-table.ts';
import { shapeAsV4 } from '../../src/domain/provider-kit/reference-bits.ts';
import { readAirtelAnswer } from './answer.ts';
import { parseAirtelCallback } from './callback.ts';
import {
  buildAirtelCharge,
  buildAirtelStatusQuery,
  requestAirtelToken,
  toNationalNumber,
} from './client.ts';
import {
  AIRTEL_SECRET_VARIABLES,
  AIRTEL_VARIABLES,
  type AirtelConfig,
  airtelWarnings,
  parseAirtelConfig,
} from './config.ts';
import { isAirtelAuthRefusal, mapAirtelCharge, mapAirtelStatus } from './mapping.ts';
import { AIRTEL_PREFIXES } from './prefixes.ts';
import { airtelStatement } from './statement.ts';

const NAME = 'AIRTEL';

/** The documentation asks for the first enquiry three minutes after the push. */
const FIRST_STATUS_QUERY_MS = 180_000;

export function makeAirtelProvider(
  config: AirtelConfig,
  dependencies: ProviderDependencies,
): PaymentProvider {
  const { clock, timing, logger } = dependencies;
  const http = dependencies.http({ baseUrl: config.baseUrl, ...timing });
  const accessToken = makeAccessToken({
    request: (timeoutMs) => requestAirtelToken(http, config, timeoutMs),
    clock,
    requestTimeoutMs: timing.totalMs,
  });
  const call = makeAuthorizedCall({
    http,
    accessToken,
    clock,
    isAuthRefusal: isAirtelAuthRefusal,
  });
  return {
    name: NAME,
    market: config.market,
    currencies: config.currencies,
    maxAmountMinor: config.maxAmountMinor,
    firstStatusQueryMs: FIRST_STATUS_QUERY_MS,
    spellReference: spellAirtelReference,
    async charge(request, { timeoutMs }) {
      const msisdn = toNationalNumber(request.msisdn, config.callingCode);
      // Cutting off another country's code would charge a stranger. Nothing is sent.
      if (msisdn === undefined) {
        return { kind: 'declined', failure: false, why: failureOf('payer-not-found', null) };
      }
      const result = await call(buildAirtelCharge(config, request, msisdn), timeoutMs);
      if (result.kind !== 'answer') return chargeWithoutAnswer(result);
      const outcome = mapAirtelCharge(result.answer);
      if (outcome.kind === 'unknown') {
        const { status, providerCode: code } = readAirtelAnswer(result.answer);
        // The only trace of a code that belongs into the table.
        logger?.warn('an answer to a charge decides nothing', {
          ...{ provider: NAME, market: config.market, paymentId: request.paymentId },
          ...{ status, code },
        });
      }
      return outcome;
    },
    async queryStatus(query, { timeoutMs }) {
      const result = await call(buildAirtelStatusQuery(config, query), timeoutMs);
      if (result.kind !== 'answer') return statusWithoutAnswer(result);
      return mapAirtelStatus(result.answer, query.reference);
    },
    parseCallback: (raw) => parseAirtelCallback(raw, config.callbackKeys),
    close: () => http.close(),
  };
}

/** 25 characters hold 128 bits in base 36. */
const REFERENCE_LENGTH = 25;

/**
 * Upper-case letters and digits: no hyphens, and within the shortest limit that any source names.
 */
export function spellAirtelReference(bytes: Uint8Array): string {
  const value = BigInt(`0x${shapeAsV4(bytes)}`);
  return value.toString(36).toUpperCase().padStart(REFERENCE_LENGTH, '0');
}

export const airtel: ProviderDefinition<AirtelConfig> = {
  name: NAME,
  variables: AIRTEL_VARIABLES,
  secretVariables: AIRTEL_SECRET_VARIABLES,
  baseUrlVariable: 'AIRTEL_BASE_URL',
  callbackPath: 'airtel',
  callbackByToken: false,
  prefixes: AIRTEL_PREFIXES,
  statement: airtelStatement,
  parseConfig: parseAirtelConfig,
  warnings: airtelWarnings,
  make: makeAirtelProvider,
};
