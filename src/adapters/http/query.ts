/** Query strings, read strictly: a parameter is known, is sent once, and fits. */
import { z } from 'zod';
import { GatewayError } from '../../domain/errors.ts';
import type { ListPaymentsQuery } from '../../domain/gateway.ts';
import { PAYMENT_STATUSES } from '../../domain/payment.ts';
import { fieldErrors } from './field-errors.ts';
import { REFERENCE_MAX } from './pay-schema.ts';
import { textSchema } from './text-schema.ts';

const LIMIT_MAX = 100;
const LIMIT_DEFAULT = 20;

/** Express's query parser: a flat object without a prototype, a repeated parameter as an array. */
export function parseQuery(text: string | null): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = Object.create(null);
  if (!text) return query;
  for (const [name, value] of new URLSearchParams(text)) {
    const before = query[name];
    query[name] = before === undefined ? value : [before, value].flat();
  }
  return query;
}

/** Years that every store can hold; the form alone would allow the year 0. */
function timeSchema(description: string) {
  return z.iso
    .datetime({ offset: true })
    .regex(/^(19[7-9]\d|[2-9]\d{3})/)
    .refine((text) => !Number.isNaN(Date.parse(text)), { message: 'is not a time' })
    .transform((text) => new Date(text))
    .optional()
    .meta({ type: 'string', format: 'date-time', description });
}

export function makeListSchema(providers: readonly string[]) {
  return z.strictObject({
    reference: textSchema(REFERENCE_MAX).optional().meta({ description: 'Exactly this.' }),
    status: z.enum(PAYMENT_STATUSES).optional(),
    provider: z.enum(providers).optional(),
    createdAfter: timeSchema('Created after this time.'),
    createdBefore: timeSchema('Created before this time.'),
    limit: z
      .string()
      .regex(/^([1-9]\d?|100)$/)
      .transform(Number)
      .optional()
      .meta({ type: 'integer', minimum: 1, maximum: LIMIT_MAX, default: LIMIT_DEFAULT }),
    cursor: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,200}$/)
      .optional()
      .meta({ description: '`nextCursor` of the page before.' }),
  });
}

export type ListSchema = ReturnType<typeof makeListSchema>;

export function readListQuery(schema: ListSchema, query: unknown): ListPaymentsQuery {
  const parsed = schema.safeParse(query, { reportInput: true });
  if (!parsed.success) {
    throw new GatewayError('query-invalid', 'The query does not fit the description.', {
      errors: fieldErrors(parsed.error),
    });
  }
  const { limit = LIMIT_DEFAULT, ...rest } = parsed.data;
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), limit };
}
