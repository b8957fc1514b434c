/** MTN's HTTP API, Collection product: what is sent, byte for byte. */

import type { HttpClient } from '../../src/domain/http-client.ts';
import { formatAmount } from '../../src/domain/money.ts';
import type { ChargeRequest } from '../../src/domain/provider.ts';
import { readTokenResult, type TokenResult } from '../../src/domain/provider-kit/access-token.ts';
import type { BuildRequest } from '../../src/domain/provider-kit/authorized-call.ts';
import type { MtnConfig } from './config.ts';

/** The body stays empty: MTN answers 400 to a token request that has one. */
export async function requestMtnToken(
  http: HttpClient,
  config: MtnConfig,
  timeoutMs: number,
): Promise<TokenResult> {
  const credentials = Buffer.from(`${config.apiUser}:${config.apiKey}`).toString('base64');
  const result = await http.send({
    method: 'POST',
    path: '/collection/token/',
    headers: {
      authorization: `Basic ${credentials}`,
      'ocp-apim-subscription-key': config.subscriptionKey,
    },
    timeoutMs,
  });
  return readTokenResult(result);
}

export function buildMtnCharge(config: MtnConfig, charge: ChargeRequest): BuildRequest {
  const note = toMtnText(charge.description);
  const body = JSON.stringify({
    amount: formatAmount(charge.amountMinor, charge.currency),
    currency: charge.currency,
    externalId: charge.paymentId,
    payer: { partyIdType: 'MSISDN', partyId: charge.msisdn.slice(1) },
    payerMessage: note,
    payeeNote: note,
  });
  return (token) => ({
    method: 'POST',
    path: '/collection/v1_0/requesttopay',
    headers: {
      ...productHeaders(config, token),
      'content-type': 'application/json',
      'x-reference-id': charge.reference,
      // An empty header would be refused with 400, so none is sent without a URL.
      ...(charge.callbackUrl === null ? {} : { 'x-callback-url': charge.callbackUrl }),
    },
    body,
  });
}

export function buildMtnStatusQuery(config: MtnConfig, reference: string): BuildRequest {
  return (token) => ({
    method: 'GET',
    path: `/collection/v1_0/requesttopay/${encodeURIComponent(reference)}`,
    headers: productHeaders(config, token),
  });
}

function productHeaders(config: MtnConfig, token: string): Record<string, string> {
  return {
    authorization: `Bearer ${token}`,
    'ocp-apim-subscription-key': config.subscriptionKey,
    'x-target-environment': config.targetEnvironment,
    accept: 'application/json',
  };
}

const MAX_TEXT = 160;

/**
 * MTN answers 400 to an apostrophe and the like; what is surely taken is letters, digits and a few
 * marks.
 */
export function toMtnText(description: string | null): string {
  const safe = (description ?? '')
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .replace(/[^A-Za-z0-9 .,-]+/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
    .slice(0, MAX_TEXT)
    .trimEnd();
  return safe === '' ? 'Payment' : safe;
}
