/**
 * The seed's own request, `{"TransactionID","Amount":20.00,"Currency","ProviderKey"}`, said in
 * ours. After this file it is a payment like any other.
 */
import { GatewayError } from '../../domain/errors.ts';
import type { Catalogue } from './catalogue.ts';
import { fieldErrors } from './field-errors.ts';
import { IDEMPOTENCY_KEY_PATTERN } from './idempotency-key.ts';
import { type FieldPointers, refuse } from './pay-command.ts';
import { type PayRequest, seedPaySchema } from './pay-schema.ts';
import type { StrictJson } from './strict-json.ts';

/** A refusal names what the caller wrote; the wallet is ours. */
export const SEED_POINTERS: FieldPointers = {
  amount: '/Amount',
  currency: '/Currency',
  msisdn: '/ProviderKey',
  provider: '/ProviderKey',
};

export interface SeedRequest {
  idempotencyKey: string;
  request: PayRequest;
}

/**
 * What the reviver of `JSON.parse` is told about a value; TypeScript's library does not know it
 * yet.
 */
type ReviverWithSource = (name: string, value: unknown, context: { source?: string }) => unknown;

const amountAsText: ReviverWithSource = (name, value, { source }) =>
  name === 'Amount' && typeof value === 'number' ? source : value;

export function isSeedRequest(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'TransactionID');
}

/** One request has one key: a header beside it must say the same. */
function readKey(transactionId: string, header: string | null): string {
  if (!IDEMPOTENCY_KEY_PATTERN.test(transactionId)) {
    const rule = 'must have 1 to 64 visible ASCII characters without spaces';
    refuse('idempotency-key-invalid', '/TransactionID', rule);
  }
  if (header !== null && header !== transactionId) {
    const rule = 'is the key of this request, and differs from the Idempotency-Key header';
    refuse('idempotency-key-invalid', '/TransactionID', rule);
  }
  return transactionId;
}

/** The amount is taken as it was written: no float ever holds money. */
export function readSeedRequest(
  { text }: StrictJson,
  { catalogue, headerKey }: { catalogue: Catalogue; headerKey: string | null },
): SeedRequest {
  const value: unknown = JSON.parse(
    text,
    amountAsText as (name: string, value: unknown) => unknown,
  );
  const parsed = seedPaySchema.safeParse(value, { reportInput: true });
  if (!parsed.success) {
    throw new GatewayError('body-invalid', 'The body does not fit the seed request.', {
      errors: fieldErrors(parsed.error),
    });
  }
  const { TransactionID, Amount, Currency, ProviderKey } = parsed.data;
  const msisdn = catalogue.demoWalletOf(ProviderKey);
  if (msisdn === undefined) {
    const known = catalogue.names.filter((name) => catalogue.demoWalletOf(name) !== undefined);
    refuse('provider-unknown', SEED_POINTERS.provider, `must be one of ${known.join(', ')}`);
  }
  return {
    idempotencyKey: readKey(TransactionID, headerKey),
    request: { amount: Amount, currency: Currency, payer: { msisdn }, provider: ProviderKey },
  };
}
