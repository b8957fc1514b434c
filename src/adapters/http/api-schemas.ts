/** The answers, as the API's description tells them. A test validates real answers against it. */
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../../domain/errors.ts';
import { ATTEMPT_OUTCOMES, FAILURE_CODES, PAYMENT_STATUSES } from '../../domain/payment.ts';
import { payerSchema } from './pay-schema.ts';
import { STATUS_OF } from './status.ts';

const timeSchema = z.iso
  .datetime()
  .meta({ format: 'date-time', example: '2026-11-21T08:00:00.000Z' });

const failureSchema = z
  .strictObject({
    code: z.enum(FAILURE_CODES),
    providerCode: z.string().nullable().meta({ description: "The provider's own code." }),
    detail: z.string(),
  })
  .meta({ id: 'Failure', description: 'Why the payment failed.' });

const attemptSchema = z
  .strictObject({
    number: z.int().min(1),
    provider: z.string(),
    providerReference: z.string(),
    outcome: z.enum(ATTEMPT_OUTCOMES).nullable(),
    reason: z.string().nullable(),
    startedAt: timeSchema,
    endedAt: timeSchema.nullable(),
  })
  .meta({ id: 'Attempt', description: 'One per provider reference, with its latest outcome.' });

const maskedPayerSchema = z.strictObject({
  msisdn: payerSchema.shape.msisdn.meta({
    description: 'Masked.',
    pattern: undefined,
    example: '+260*****4567',
  }),
});

export const paymentSchema = z
  .strictObject({
    id: z.string().meta({ pattern: '^pay_[0-9a-f]{32}$' }),
    status: z.enum(PAYMENT_STATUSES),
    amount: z.string().meta({ description: 'With exactly the decimals of the currency.' }),
    currency: z.string(),
    provider: z.string(),
    payer: maskedPayerSchema,
    reference: z.string().nullable(),
    description: z.string().nullable(),
    metadata: z.record(z.string(), z.string()).nullable(),
    failure: failureSchema.nullable(),
    createdAt: timeSchema,
    updatedAt: timeSchema,
    attempts: z.array(attemptSchema),
  })
  .meta({ id: 'Payment' });

export const paymentListSchema = z
  .strictObject({ data: z.array(paymentSchema), nextCursor: z.string().nullable() })
  .meta({ id: 'PaymentList', description: 'Newest first.' });

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
    pointer: z.string().meta({ description: 'RFC 6901 pointer into the body or the query.' }),
    code: z.string(),
    detail: z.string(),
  })
  .meta({ id: 'FieldError' });

/** The problem document with the codes that go with one status. */
export function problemSchema(codes: readonly ErrorCode[]) {
  const [code = 'internal-error'] = codes;
  const retries = [...new Set(codes.map((each) => ERRORS[each].retry))];
  // Its advice depends on the case: the payment was closed, or its answer was pruned.
  if (codes.includes('idempotency-key-expired')) retries.push('never');
  return z.strictObject({
    type: z.string().meta({ format: 'uri' }),
    title: z.string(),
    status: z.literal(STATUS_OF[code]),
    detail: z.string(),
    instance: z.string().meta({ format: 'uri' }),
    code: z.enum(codes),
    requestId: z.uuid(),
    retry: z
      .enum(retries)
      .meta({ description: 'Send again with the same key, a new one, or never.' }),
    provider: z.string().optional(),
    paymentId: z.string().optional(),
    failure: codes.includes('payment-declined') ? failureSchema : failureSchema.optional(),
    errors: z.array(fieldErrorSchema).optional(),
  });
}
