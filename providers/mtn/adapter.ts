/** MTN MoMo, Collection product, as a `PaymentProvider`. */
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
import { shapeAsV4 } from '../../src/domain/provider-kit/reference-bits.ts';
import { readMtnAnswer } from './answer.ts';
import { parseMtnCallback } from './callback.ts';
import { buildMtnCharge, buildMtnStatusQuery, requestMtnToken } from './client.ts';
import { MTN_SECRET_VARIABLES, MTN_VARIABLES, type MtnConfig, parseMtnConfig } from './config.ts';
import { isMtnAuthRefusal, mapMtnCharge, mapMtnStatus } from './mapping.ts';
import { MTN_PREFIXES } from './prefixes.ts';
import { mtnStatement } from './statement.ts';

const NAME = 'MTN';

export function makeMtnProvider(
  config: MtnConfig,
  dependencies: ProviderDependencies,
): PaymentProvider {
  const { clock, timing, logger } = dependencies;
  const http = dependencies.http({ baseUrl: config.baseUrl, ...timing });
  const accessToken = makeAccessToken({
    request: (timeoutMs) => requestMtnToken(http, config, timeoutMs),
    clock,
    requestTimeoutMs: timing.totalMs,
  });
  const call = makeAuthorizedCall({
    http,
    accessToken,
    clock,
    isAuthRefusal: isMtnAuthRefusal,
  });
  return {
    name: NAME,
    market: config.market,
    currencies: config.currencies,
    maxAmountMinor: config.maxAmountMinor,
    // MTN gives no advice about how soon to ask.
    firstStatusQueryMs: 0,
    spellReference: spellMtnReference,
    async charge(request, { timeoutMs }) {
      const result = await call(buildMtnCharge(config, request), timeoutMs);
      if (result.kind !== 'answer') return chargeWithoutAnswer(result);
      const outcome = mapMtnCharge(result.answer);
      if (outcome.kind === 'unknown') {
        const { status, providerCode: code } = readMtnAnswer(result.answer);
        // The only trace of a code that belongs into the table.
        logger?.warn('an answer to a charge decides nothing', {
          ...{ provider: NAME, market: config.market, paymentId: request.paymentId },
          ...{ status, code },
        });
      }
      return outcome;
    },
    async queryStatus({ reference }, { timeoutMs }) {
      const result = await call(buildMtnStatusQuery(config, reference), timeoutMs);
      if (result.kind !== 'answer') return statusWithoutAnswer(result);
      return mapMtnStatus(result.answer);
    },
    parseCallback: parseMtnCallback,
    close: () => http.close(),
  };
}

/** MTN refuses anything but a UUID v4. */
export function spellMtnReference(bytes: Uint8Array): string {
  return shapeAsV4(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export const mtn: ProviderDefinition<MtnConfig> = {
  name: NAME,
  variables: MTN_VARIABLES,
  secretVariables: MTN_SECRET_VARIABLES,
  baseUrlVariable: 'MTN_BASE_URL',
  callbackPath: 'mtn',
  callbackByToken: true,
  prefixes: MTN_PREFIXES,
  statement: mtnStatement,
  parseConfig: parseMtnConfig,
  make: makeMtnProvider,
};
