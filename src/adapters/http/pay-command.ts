/**
 * From a well-formed request to a command: what the words mean, in the order in which a caller
 * fixes them.
 */
import { hash } from 'node:crypto';
import { type ErrorCode, GatewayError } from '../../domain/errors.ts';
import type { PayCommand } from '../../domain/gateway.ts';
import { decimalsOf, formatAmount, isKnownCurrency, parseAmount } from '../../domain/money.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Catalogue, CatalogueEntry } from './catalogue.ts';
import type { PayRequest } from './pay-schema.ts';
import type { WalletReader } from './wallet.ts';

/** Part of every fingerprint: another version of the API may read the same body in another way. */
const API_VERSION = 'v1';

export type PayMeaning = Omit<
  PayCommand,
  'merchantId' | 'idempotencyKey' | 'requestId' | 'traceparent' | 'arrivedAtMs'
>;

function refuse(code: ErrorCode, pointer: string, detail: string): never {
  throw new GatewayError(code, `The ${pointer.slice(1).replaceAll('/', '.')} ${detail}.`, {
    errors: [{ pointer, code, detail }],
  });
}

function readAmount(text: string, currency: string, entry: CatalogueEntry): bigint {
  const decimals = decimalsOf(currency);
  const fraction = text.split('.')[1] ?? '';
  if (fraction.length > decimals) {
    refuse('amount-precision', '/amount', `has more than the ${decimals} decimals of ${currency}`);
  }
  const parsed = parseAmount(text, currency);
  const max = entry.maxAmountMinor[currency];
  if (!parsed.ok || (max !== undefined && parsed.amountMinor > max)) {
    const limit = max === undefined ? '' : ` and at most ${formatAmount(max, currency)}`;
    refuse('amount-out-of-range', '/amount', `must be more than zero${limit}`);
  }
  return parsed.amountMinor;
}

/**
 * Equal for requests that mean the same: `"20.0"` and `"20.00"`, any order of names, any white
 * space.
 */
export function fingerprintOf(request: PayRequest, normalisedAmount: string): string {
  const content = {
    version: API_VERSION,
    method: 'POST',
    route: '/v1/pay',
    body: { ...request, amount: normalisedAmount },
  };
  return hash('sha256', canonicalJson(content), 'hex');
}

export function readPayRequest(
  request: PayRequest,
  { catalogue, readWallet }: { catalogue: Catalogue; readWallet: WalletReader },
): PayMeaning {
  const wallet = readWallet(request.payer.msisdn);
  if (wallet === null) {
    refuse('msisdn-invalid', '/payer/msisdn', 'is not a mobile number in E.164 with plus');
  }
  const { entry, routedBy } = catalogue.route(wallet, request.provider);
  const { currency } = request;
  if (!isKnownCurrency(currency) || !entry.currencies.includes(currency)) {
    refuse('currency-not-supported', '/currency', `is not one that ${entry.name} takes here`);
  }
  const amountMinor = readAmount(request.amount, currency, entry);
  return {
    route: 'POST /v1/pay',
    fingerprint: fingerprintOf(request, formatAmount(amountMinor, currency)),
    amountMinor,
    currency,
    msisdn: wallet.msisdn,
    provider: entry.name,
    market: entry.market,
    routedBy,
    reference: request.reference ?? null,
    description: request.description ?? null,
    metadata: request.metadata ?? null,
  };
}
