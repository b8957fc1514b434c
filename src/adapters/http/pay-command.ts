/**
 * From a well-formed request to a command: what the words mean, in the order in which a caller
 * fixes them.
 */
import { hash } from 'node:crypto';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { type ErrorCode, GatewayError } from '../../domain/errors.ts';
import { NO_OTHERS } from '../../domain/failover.ts';
import type { PayCommand } from '../../domain/gateway.ts';
import {
  decimalsOf,
  formatAmount,
  isKnownCurrency,
  MAX_AMOUNT_MINOR,
  parseAmount,
} from '../../domain/money.ts';
import type { Catalogue, CatalogueEntry, Routed } from './catalogue.ts';
import type { PayRequest } from './pay-schema.ts';
import type { Wallet, WalletReader } from './wallet.ts';

/** Part of every fingerprint: another version of the API may read the same body in another way. */
const API_VERSION = 'v1';

export type PayMeaning = Omit<
  PayCommand,
  'merchantId' | 'idempotencyKey' | 'requestId' | 'traceparent' | 'arrivedAtMs'
>;

/** Where the caller wrote what this file judges: another dialect has other names. */
export interface FieldPointers {
  amount: string;
  currency: string;
  msisdn: string;
  provider: string;
}

export const FIELD_POINTERS: FieldPointers = {
  amount: '/amount',
  currency: '/currency',
  msisdn: '/payer/msisdn',
  provider: '/provider',
};

export interface PayReader {
  catalogue: Catalogue;
  readWallet: WalletReader;
}

export function refuse(code: ErrorCode, pointer: string, detail: string): never {
  throw new GatewayError(code, `The ${pointer.slice(1).replaceAll('/', '.')} ${detail}.`, {
    errors: [{ pointer, code, detail }],
  });
}

/** Largest amount of one payment there: the provider's limit, or the gateway's own. */
export function maxAmountOf({ maxAmountMinor }: CatalogueEntry, currency: string): bigint {
  const max = maxAmountMinor[currency];
  return max === undefined || max > MAX_AMOUNT_MINOR ? MAX_AMOUNT_MINOR : max;
}

function readAmount(
  text: string,
  { currency, entry, pointer }: { currency: string; entry: CatalogueEntry; pointer: string },
): bigint {
  const decimals = decimalsOf(currency);
  const fraction = text.split('.')[1] ?? '';
  if (fraction.length > decimals) {
    refuse(
      'amount-precision',
      pointer,
      `must have at most the ${decimals} decimals of ${currency}`,
    );
  }
  const parsed = parseAmount(text, currency);
  const max = maxAmountOf(entry, currency);
  if (!parsed.ok || parsed.amountMinor > max) {
    const limit = `${formatAmount(max, currency)} ${currency}`;
    refuse('amount-out-of-range', pointer, `must be more than zero and at most ${limit}`);
  }
  return parsed.amountMinor;
}

function findRoute(
  catalogue: Catalogue,
  { wallet, name, pointer }: { wallet: Wallet; name?: string | null; pointer: string },
): Routed {
  const routed = catalogue.route(wallet, name);
  if (typeof routed !== 'string') return routed;
  const names = catalogue.names.join(', ');
  const rule =
    routed === 'provider-unknown'
      ? `must be one of ${names}`
      : `must be named, since this wallet's operator is not known: one of ${names}`;
  return refuse(routed, pointer, rule);
}

/** Names of the others that take this currency and amount. */
function othersFor({ others }: Routed, currency: string, amountMinor: bigint): readonly string[] {
  if (others.length === 0) return NO_OTHERS;
  return others
    .filter((entry) => entry.currencies.includes(currency))
    .filter((entry) => amountMinor <= maxAmountOf(entry, currency))
    .map(({ name }) => name);
}

/**
 * Equal for requests that mean the same: `"20.0"` and `"20.00"`, any order of names, any white
 * space, null and absent. The API description promises this.
 */
export function fingerprintOf(request: PayRequest, normalisedAmount: string): string {
  const content = {
    version: API_VERSION,
    method: 'POST',
    route: '/v1/pay',
    body: {
      amount: normalisedAmount,
      currency: request.currency,
      payer: request.payer,
      provider: request.provider ?? undefined,
      reference: request.reference ?? undefined,
      description: request.description ?? undefined,
      metadata: request.metadata ?? undefined,
    },
  };
  return hash('sha256', canonicalJson(content), 'hex');
}

export function readPayRequest(
  request: PayRequest,
  { catalogue, readWallet }: PayReader,
  pointers = FIELD_POINTERS,
): PayMeaning {
  const wallet = readWallet(request.payer.msisdn);
  if (wallet === null) {
    refuse('msisdn-invalid', pointers.msisdn, 'must be a mobile number in E.164 with plus');
  }
  const { provider: name, currency } = request;
  const route = findRoute(catalogue, { wallet, name, pointer: pointers.provider });
  const { entry } = route;
  if (!isKnownCurrency(currency) || !entry.currencies.includes(currency)) {
    const rule = `must be one that ${entry.name} takes here: ${entry.currencies.join(', ')}`;
    refuse('currency-not-supported', pointers.currency, rule);
  }
  const pointer = pointers.amount;
  const amountMinor = readAmount(request.amount, { currency, entry, pointer });
  return new Meaning(request, { msisdn: wallet.msisdn, route, amountMinor });
}

interface Understood {
  msisdn: string;
  route: Routed;
  amountMinor: bigint;
}

/**
 * A class for its prototype's getter: one in an object literal gives every request an object shape of its own, and
 * makes all code slow that reads commands.
 */
class Meaning implements PayMeaning {
  readonly #request: PayRequest;
  #fingerprint: string | undefined;
  readonly route = 'POST /v1/pay';
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly msisdn: string;
  readonly provider: string;
  readonly market: string;
  readonly routedBy: PayMeaning['routedBy'];
  readonly failover: readonly string[];
  readonly reference: string | null;
  readonly description: string | null;
  readonly metadata: PayMeaning['metadata'];

  constructor(request: PayRequest, { msisdn, route, amountMinor }: Understood) {
    const { currency } = request;
    this.#request = request;
    this.amountMinor = amountMinor;
    this.currency = currency;
    this.msisdn = msisdn;
    this.provider = route.entry.name;
    this.market = route.entry.market;
    this.routedBy = route.routedBy;
    this.failover = othersFor(route, currency, amountMinor);
    this.reference = request.reference ?? null;
    this.description = request.description ?? null;
    this.metadata = request.metadata ?? null;
  }

  /** When it is first asked for: a request that an open breaker refuses never needs it. */
  get fingerprint(): string {
    this.#fingerprint ??= fingerprintOf(
      this.#request,
      formatAmount(this.amountMinor, this.currency),
    );
    return this.#fingerprint;
  }
}
