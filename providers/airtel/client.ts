/** Airtel Money's HTTP API, USSD push: what is sent, byte for byte. */
import type { HttpClient } from '../../src/domain/http-client.ts';
import { formatAmount } from '../../src/domain/money.ts';
import type { ChargeRequest } from '../../src/domain/provider.ts';
import { readTokenResult, type TokenResult } from '../../src/domain/provider-kit/access-token.ts';
import type { BuildRequest } from '../../src/domain/provider-kit/authorized-call.ts';
import type { AirtelConfig } from './config.ts';

export async function requestAirtelToken(
  http: HttpClient,
  config: AirtelConfig,
  timeoutMs: number,
): Promise<TokenResult> {
  const result = await http.send({
    method: 'POST',
    path: '/auth/oauth2/token',
    headers: { 'content-type': 'application/json', accept: '*/*' },
    body: JSON.stringify({
      client_id: config.clientId,
      client_secret: config.clientSecret,
      grant_type: 'client_credentials',
    }),
    timeoutMs,
  });
  return readTokenResult(result);
}

/** `msisdn` is the national number. The description is not sent: Airtel has no field for it. */
export function buildAirtelCharge(
  config: AirtelConfig,
  charge: ChargeRequest,
  msisdn: string,
): BuildRequest {
  const { market: country } = config;
  const { currency, reference } = charge;
  const subscriber = JSON.stringify({ country, currency, msisdn });
  // Written as text, because Airtel wants a JSON number and no float may hold money.
  const amount = formatAmount(charge.amountMinor, currency);
  const rest = JSON.stringify({ country, currency, id: reference }).slice(1);
  const label = JSON.stringify(toAirtelText(charge.paymentId));
  const transaction = `{"amount":${amount},${rest}`;
  const body = `{"reference":${label},"subscriber":${subscriber},"transaction":${transaction}}`;
  return (token) => ({
    method: 'POST',
    path: '/merchant/v1/payments/',
    headers: { ...productHeaders(config, currency, token), 'content-type': 'application/json' },
    body,
  });
}

export function buildAirtelStatusQuery(
  config: AirtelConfig,
  query: { reference: string; currency: string },
): BuildRequest {
  return (token) => ({
    method: 'GET',
    path: `/standard/v1/payments/${encodeURIComponent(query.reference)}`,
    headers: productHeaders(config, query.currency, token),
  });
}

function productHeaders(
  config: AirtelConfig,
  currency: string,
  token: string,
): Record<string, string> {
  return {
    authorization: `Bearer ${token}`,
    accept: '*/*',
    'x-country': config.market,
    'x-currency': currency,
  };
}

/** `reference` takes 4 to 64 letters and digits: the payment's id without its underscore. */
export function toAirtelText(paymentId: string): string {
  return paymentId
    .replace(/[^A-Za-z0-9]/g, '')
    .slice(0, 64)
    .padEnd(4, '0');
}

/** The number without the country code, or undefined for a number of another country. */
export function toNationalNumber(msisdn: string, callingCode: string): string | undefined {
  const prefix = `+${callingCode}`;
  return msisdn.startsWith(prefix) ? msisdn.slice(prefix.length) : undefined;
}
