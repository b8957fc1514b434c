/**
 * The request to pay, as merchants write it. The same schema validates requests and makes the API's
 * description; `meta` adds what a check outside the schema enforces.
 */
import { z } from 'zod';
import { AMOUNT_PATTERN } from '../../domain/money.ts';
import { E164_PATTERN } from '../../domain/msisdn.ts';
import { textSchema } from './text-schema.ts';

export const REFERENCE_MAX = 64;
export const DESCRIPTION_MAX = 160;
export const METADATA_KEYS_MAX = 20;
export const METADATA_KEY_MAX = 40;
const METADATA_VALUE_MAX = 200;

const metadataSchema = z
  .record(textSchema(METADATA_KEY_MAX, ' in its name'), textSchema(METADATA_VALUE_MAX))
  .refine((metadata) => Object.keys(metadata).length <= METADATA_KEYS_MAX, {
    message: `must have at most ${METADATA_KEYS_MAX} names`,
  })
  .meta({
    description: 'Your own data, given back with the payment.',
    maxProperties: METADATA_KEYS_MAX,
    example: { cart: '9' },
  });

export const payerSchema = z
  .strictObject({
    msisdn: z.string().meta({
      description: 'The wallet, E.164 with plus.',
      pattern: E164_PATTERN.source,
      example: '+260971234567',
    }),
  })
  .meta({ id: 'Payer' });

/** What is an amount at all; whether it is in range needs its currency and provider. */
const amountSchema = z.string().regex(AMOUNT_PATTERN, {
  error: 'must be a decimal number without sign, exponent or leading zeros, such as 20.00',
});

export const paySchema = z
  .strictObject({
    amount: amountSchema.meta({
      description:
        'Decimal text in major units, with at most the decimals that ISO 4217 gives the currency.',
      pattern: AMOUNT_PATTERN.source,
      example: '20.00',
    }),
    currency: z.string().meta({ description: 'ISO 4217 code.', example: 'ZMW' }),
    payer: payerSchema,
    provider: z
      .string()
      .nullish()
      .meta({
        description:
          "Without it the wallet's operator decides, and another provider that can take its wallets may stand in " +
          'for one that cannot be reached, where the gateway is set up so. A named one is never replaced.',
        example: 'AIRTEL',
      }),
    reference: textSchema(REFERENCE_MAX).nullish().meta({
      description: 'Your own name for the payment; need not be unique.',
      example: 'order-17',
    }),
    description: textSchema(DESCRIPTION_MAX).nullish().meta({
      description: 'What the payer reads, as far as the provider takes its characters.',
      example: 'Two chairs',
    }),
    metadata: metadataSchema.nullish(),
  })
  .meta({ id: 'PayRequest' });

export type PayRequest = z.infer<typeof paySchema>;

/** The seed's own request. `Amount` has been replaced by its decimal text before it gets here. */
export const seedPaySchema = z.strictObject({
  TransactionID: z.string(),
  Amount: amountSchema,
  Currency: z.string(),
  ProviderKey: z.string(),
});
