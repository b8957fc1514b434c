/** The answers, as the API's description tells them. A test validates real answers against it. */
import { z } from 'zod';
import type { ErrorCode } from '../../domain/errors.ts';
import { ATTEMPT_OUTCOMES, FAILURE_CODES, PAYMENT_STATUSES } from '../../domain/payment.ts';
import { describeFailures, describeStatuses } from './openapi-words.ts';
import { outcomeSchema, timeSchema } from './outcome-schema.ts';
import { payerSchema } from './pay-schema.ts';
import { STATUS_OF } from './status.ts';

export const PAYMENT_ID_PATTERN = '^pay_[0-9a-f]{32}$';

const failureSchema = z
  .strictObject({
    code: z.enum(FAILURE_CODES).meta({ description: describeFailures() }),
    providerCode: z.string().nullable().meta({ description: "The provider's own code." }),
    detail: z.string(),
  })
  .meta({ id: 'Failure', description: 'Why the payment failed.' });

const maskedPayerSchema = z.strictObject({
  msisdn: payerSchema.shape.msisdn.meta({
    description: 'Masked.',
    pattern: undefined,
    example: '+260*****4567',
  }),
});

/** The names are those of the providers that are configured. */
export function makePaymentSchemas(providers: readonly string[]) {
  const provider = z.enum(providers);
  const attempt = z
    .strictObject({
      number: z.int().min(1),
      provider,
      providerReference: z.string().meta({ description: 'What the provider knows it by.' }),
      outcome: z.enum(ATTEMPT_OUTCOMES).nullable().meta({
        description: 'Of its latest dispatch; null while one is under way.',
      }),
      reason: z.string().nullable().meta({ description: 'A short machine word.' }),
      startedAt: timeSchema,
      endedAt: timeSchema.nullable(),
    })
    .meta({
      id: 'Attempt',
      description: 'One for each provider that was tried, with its latest outcome.',
    });
  const payment = z
    .strictObject({
      id: z.string().meta({ pattern: PAYMENT_ID_PATTERN }),
      status: z.enum(PAYMENT_STATUSES).meta({ description: describeStatuses() }),
      amount: z.string().meta({ description: 'With exactly the decimals of the currency.' }),
      currency: z.string(),
      provider: provider.meta({
        description: 'Where the payment stands: the provider of its latest attempt to be sent.',
      }),
      payer: maskedPayerSchema,
      reference: z.string().nullable(),
      description: z.string().nullable(),
      metadata: z.record(z.string(), z.string()).nullable(),
      // The generator would write `.nullable()` of a reference so that null is refused.
      failure: z.union([failureSchema, z.null()]),
      createdAt: timeSchema,
      updatedAt: timeSchema,
      attempts: z.array(attempt),
      outcome: outcomeSchema,
    })
    .meta({ id: 'Payment' });
  const page = z
    .strictObject({
      data: z.array(payment),
      nextCursor: z.string().nullable().meta({ description: 'null on the last page.' }),
    })
    .meta({ id: 'PaymentList', description: 'Newest first.' });
  return { payment, page };
}

const operationHealthSchema = z
  .strictObject({
    status: z.enum(['OPERATIONAL', 'DEGRADED', 'DOWN']),
    since: timeSchema,
    retryAfterSeconds: z.int().nullable(),
  })
  .meta({ id: 'OperationHealth' });

export const providerListSchema = z
  .strictObject({
    data: z.array(
      z.strictObject({
        provider: z.string(),
        market: z.string(),
        currencies: z.array(z.string()),
        operations: z.strictObject({
          charge: operationHealthSchema,
          status: operationHealthSchema,
        }),
      }),
    ),
  })
  .meta({ id: 'ProviderList' });

const fieldErrorSchema = z
  .strictObject({
    pointer: z.string().meta({
      description: 'RFC 6901 pointer into the body, or into the query read as an object: `/limit`.',
    }),
    code: z.string(),
    detail: z.string(),
  })
  .meta({ id: 'FieldError' });

export const problemSchema = z
  .strictObject({
    type: z.string().meta({ format: 'uri', description: 'A name, not an address.' }),
    title: z.string().meta({ description: 'For people; the same for every answer of a code.' }),
    status: z.int(),
    detail: z.string().meta({ description: 'For people; may change.' }),
    instance: z.string().meta({ format: 'uri' }),
    code: z.enum(Object.keys(STATUS_OF) as ErrorCode[]).meta({ description: 'Decide by this.' }),
    requestId: z.uuid(),
    retry: z.enum(['same-key', 'new-key', 'never']).meta({
      description: 'Send again with the same key, with a new one, or never.',
    }),
    provider: z.string().optional(),
    paymentId: z.string().optional().meta({
      pattern: PAYMENT_ID_PATTERN,
      description: 'The payment that the key belongs to, where one is known.',
    }),
    failure: failureSchema.optional(),
    errors: z.array(fieldErrorSchema).optional(),
  })
  .meta({
    id: 'Problem',
    description: 'RFC 9457. Every answer with a status of 400 or more has this shape.',
  });
