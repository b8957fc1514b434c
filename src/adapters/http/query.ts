/** Query strings, read strictly: a parameter is known, is sent once, and fits. */
import { z } from 'zod';
import { type FieldError, GatewayError } from '../../domain/errors.ts';
import type { ListPaymentsQuery } from '../../domain/gateway.ts';
import { PAYMENT_STATUSES } from '../../domain/payment.ts';
import { fieldErrors } from './field-errors.ts';
import { REFERENCE_MAX } from './pay-schema.ts';
import { textSchema } from './text-schema.ts';

const LIMIT_MAX = 100;
const LIMIT_DEFAULT = 20;
const CURSOR_PATTERN = /^[A-Za-z0-9_-]{1,200}$/;

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
const YEAR_PATTERN = /^(19[7-9]\d|[2-9]\d{3})/;
const TIME_RULE =
  'must be a time of the years 1970 to 9999, such as 2026-11-21T08:00:00Z; ' +
  'write the + of an offset as %2B';

function timeSchema(description: string) {
  return z.iso
    .datetime({ offset: true, error: TIME_RULE })
    .regex(YEAR_PATTERN, { error: TIME_RULE })
    .refine((text) => !Number.isNaN(Date.parse(text)), { error: TIME_RULE })
    .transform((text) => new Date(text))
    .optional()
    .meta({
      type: 'string',
      format: 'date-time',
      pattern: YEAR_PATTERN.source,
      description: `${description} RFC 3339, years 1970 to 9999; the + of an offset is %2B here.`,
      example: '2026-11-21T08:00:00Z',
    });
}

export function makeListSchema(providers: readonly string[]) {
  return z.strictObject({
    reference: textSchema(REFERENCE_MAX).optional().meta({ description: 'Exactly this.' }),
    status: z.enum(PAYMENT_STATUSES).optional(),
    provider: z.enum(providers).optional(),
    createdAfter: timeSchema('Created after this time, not at it.'),
    createdBefore: timeSchema('Created before this time, not at it.'),
    limit: z
      .string()
      .regex(/^([1-9]\d?|100)$/, { error: `must be a whole number, 1 to ${LIMIT_MAX}` })
      .transform(Number)
      .optional()
      .meta({ type: 'integer', minimum: 1, maximum: LIMIT_MAX, default: LIMIT_DEFAULT }),
    cursor: z
      .string()
      .regex(CURSOR_PATTERN, { error: 'must be the nextCursor of a page' })
      .optional()
      .meta({
        pattern: CURSOR_PATTERN.source,
        description: '`nextCursor` of the page before, with the same filters; `limit` may change.',
      }),
  });
}

/** A parameter that is there twice arrives as an array, and no single value of it is wrong. */
function onceOnly(error: FieldError, query: Record<string, unknown>): FieldError {
  if (error.code === 'unknown-field' || !Array.isArray(query[error.pointer.slice(1)])) return error;
  return { ...error, code: 'repeated', detail: 'must be there once' };
}

export type ListSchema = ReturnType<typeof makeListSchema>;

/** Throws `query-invalid` with everything that does not fit. */
export function readQuery<Shape extends z.ZodType>(
  schema: Shape,
  query: Record<string, unknown>,
): z.output<Shape> {
  const parsed = schema.safeParse(query, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new GatewayError('query-invalid', 'The query does not fit the description.', {
    errors: fieldErrors(parsed.error).map((error) => onceOnly(error, query)),
  });
}

export function readListQuery(
  schema: ListSchema,
  query: Record<string, unknown>,
): ListPaymentsQuery {
  const { limit = LIMIT_DEFAULT, ...rest } = readQuery(schema, query);
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), limit };
}
