/** The request to pay as its description tells it: stricter words for what is refused later on. */
import { formatAmount } from '../../domain/money.ts';
import type { Catalogue, CatalogueEntry } from './catalogue.ts';
import { maxAmountOf } from './pay-command.ts';
import { METADATA_KEY_MAX, METADATA_KEYS_MAX, paySchema, seedPaySchema } from './pay-schema.ts';
import { textSchema } from './text-schema.ts';

/** More than zero, and no currency has more decimals than three. */
const AMOUNT_PATTERN = '^(?!0(\\.0+)?$)(0|[1-9]\\d*)(\\.\\d{1,3})?$';

export const SAME_CONTENT = [
  'The same content is the same JSON, whatever the order of its names and its white space:',
  'amounts by value (`"20"` is `"20.00"`), `provider` as it was sent (naming it and leaving it out',
  'are two contents), null and absent the same, an empty `metadata` or text other than an absent',
  'one.',
].join(' ');

export const BODY_RULES = [
  'At most 8,192 bytes of UTF-8, as they are: no content encoding. At most 8 levels deep. No name',
  'twice in one object, and none of `__proto__`, `constructor` and `prototype` anywhere.',
].join(' ');

function limitsOf(entry: CatalogueEntry): string {
  const limits = entry.currencies.map(
    (currency) => `${formatAmount(maxAmountOf(entry, currency), currency)} ${currency}`,
  );
  return `- ${entry.name} (${entry.market}): at most ${limits.join(', ')}`;
}

/** What a payment may come to, by provider and currency. */
export function describeAmounts({ entries }: Catalogue): string {
  return [
    'Decimal text in major units, more than zero, with at most the decimals that ISO 4217 gives',
    'the currency. Zero, a negative amount and one above the limit are `amount-out-of-range`,',
    'anything that is no decimal number is `body-invalid`.',
    `\n\n${entries.map(limitsOf).join('\n')}`,
  ].join(' ');
}

export function describePayRequest(catalogue: Catalogue) {
  const { shape } = paySchema;
  const currencies = [...new Set(catalogue.entries.flatMap((entry) => entry.currencies))];
  const name = textSchema(METADATA_KEY_MAX).meta();
  return paySchema
    .extend({
      amount: shape.amount.meta({
        pattern: AMOUNT_PATTERN,
        description: describeAmounts(catalogue),
      }),
      currency: shape.currency.meta({
        enum: currencies,
        description: 'ISO 4217 code. `GET /v1/providers` tells which provider takes which.',
        example: currencies[0],
      }),
      provider: shape.provider.meta({
        enum: [...catalogue.names, null],
        example: catalogue.names.at(-1),
      }),
      metadata: shape.metadata.meta({
        propertyNames: {
          maxLength: METADATA_KEY_MAX,
          pattern: name?.pattern,
          not: { enum: ['__proto__', 'constructor', 'prototype'] },
        },
        maxProperties: METADATA_KEYS_MAX,
      }),
    })
    .meta({ id: 'PayRequest', description: `${BODY_RULES} ${SAME_CONTENT}` });
}

/** Only where the dialect is on. */
export function describeSeedRequest(catalogue: Catalogue) {
  const { shape } = seedPaySchema;
  const providers = catalogue.names.filter((name) => catalogue.demoWalletOf(name) !== undefined);
  return seedPaySchema
    .extend({
      TransactionID: shape.TransactionID.meta({
        pattern: '^[\\x21-\\x7E]{1,64}$',
        description: 'The idempotency key. An `Idempotency-Key` header beside it must be equal.',
        example: 'TXN-ID-022-1',
      }),
      Amount: shape.Amount.meta({
        type: ['number', 'string'],
        pattern: AMOUNT_PATTERN,
        description: 'Read as the decimal text that it is, without exponent.',
        example: 20,
      }),
      Currency: shape.Currency.meta({ example: 'ZAR' }),
      ProviderKey: shape.ProviderKey.meta({ enum: providers, example: providers.at(-1) }),
    })
    .meta({
      id: 'SeedPayRequest',
      description:
        'The request of the first validation loop. Its payer is a demo wallet of the provider; ' +
        'the rest is as in PayRequest. This gateway has the setting that takes it.',
    });
}
