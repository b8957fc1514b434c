/**
 * The seed's own request, `{"TransactionID","Amount":20.00,"Currency","ProviderKey"}`, said in
 * ours. After this file it is a payment like any other.
 */
import { GatewayError } from '../../domain/errors.ts';
import type { Catalogue } from './catalogue.ts';
import { fieldErrors } from './field-errors.ts';
import { checkedIdempotencyKey } from './idempotency-key.ts';
import { type PayRequest, seedPaySchema } from './pay-schema.ts';
import type { StrictJson } from './strict-json.ts';

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

/** The amount is taken as it was written: no float ever holds money. */
export function readSeedRequest({ text }: StrictJson, catalogue: Catalogue): SeedRequest {
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
    throw new GatewayError('provider-unknown', 'This gateway has no such provider.');
  }
  return {
    idempotencyKey: checkedIdempotencyKey(TransactionID),
    request: { amount: Amount, currency: Currency, payer: { msisdn }, provider: ProviderKey },
  };
}
