/** How sure the gateway is, and the timeline that shows why: the schemas of both. */
import { z } from 'zod';
import { CERTAINTIES } from '../../domain/outcome.ts';
import { PAYMENT_STATUSES } from '../../domain/payment.ts';
import { EVIDENCE_SOURCES } from '../../domain/timeline.ts';
import { describeCertainties, describeEvidence } from './openapi-words.ts';

export const timeSchema = z.iso
  .datetime()
  .meta({ format: 'date-time', example: '2026-11-21T08:00:00.000Z' });

const reason = z.string().nullable().meta({ description: 'A short machine word.' });
const says = z.string().meta({
  description:
    "The word itself: an attempt's outcome, a status query's, or what a callback claims.",
});

const evidenceSchema = z
  .strictObject({
    source: z.enum(EVIDENCE_SOURCES).meta({ description: describeEvidence() }),
    at: timeSchema,
    says,
    reason,
  })
  .meta({ id: 'Evidence', description: 'Something that was heard about the outcome.' });

export const outcomeSchema = z
  .strictObject({
    certainty: z.enum(CERTAINTIES).meta({ description: describeCertainties() }),
    nextCheckAt: timeSchema.nullable().meta({
      description:
        'The provider is asked again at this time at the latest: a callback or a job may bring it ' +
        'forward. null when `final`.',
    }),
    resolvesBy: timeSchema.nullable().meta({
      description:
        'By then the payment is final or in `MANUAL_REVIEW`, as its schedule stands. Only while the ' +
        'provider cannot be asked at all, or gives no clear answer about a charge that it said it did ' +
        'not take, does it move on. A dispatch with the same key begins it anew. null when it is there.',
    }),
    evidence: z.array(evidenceSchema).meta({
      description: 'The latest word of each source since the last dispatch, oldest first.',
    }),
  })
  .meta({ id: 'Outcome', description: 'How sure we are, until when, and why.' });

const fact = <Kind extends string, Shape extends z.ZodRawShape>(kind: Kind, shape: Shape) =>
  z.strictObject({ kind: z.literal(kind), at: timeSchema, ...shape });

const heard = { says, reason };

const factSchema = z
  .discriminatedUnion('kind', [
    fact('intent', {
      amount: z.string(),
      currency: z.string(),
      payer: z.string().meta({ description: 'Masked.' }),
      reference: z.string().nullable(),
      providerReference: z.string().nullable(),
    }),
    fact('dispatch', {
      provider: z.string(),
      market: z.string(),
      providerReference: z.string().optional().meta({
        description:
          'Where the payment goes to another provider than before: what that one is told.',
      }),
      requestId: z.string(),
    }),
    fact('provider-answer', heard),
    fact('status-query', heard),
    fact('no-answer', heard),
    fact('not-sent', heard),
    fact('callback-hint', { says, count: z.int().min(1) }),
    fact('attempt', { number: z.int(), outcome: z.string(), reason }),
    fact('state', { status: z.enum(PAYMENT_STATUSES), failure: z.string().nullable() }),
    fact('posting', { posting: z.string(), amount: z.string(), currency: z.string() }),
    fact('discrepancy', { discrepancy: z.string() }),
    fact('operator', { by: z.string(), reason: z.string() }),
  ])
  .meta({ id: 'Fact', description: 'One fact. The order is the order of the chain, not of `at`.' });

const hash = z.string().meta({ pattern: '^[0-9a-f]{64}$', example: 'a'.repeat(64) });

export const timelineSchema = z
  .strictObject({
    paymentId: z.string(),
    count: z.int().min(0).meta({ description: 'Links of the whole timeline.' }),
    head: hash.nullable().meta({
      description:
        'Hash of its last link: keep it, and you can tell later that nothing before it was changed. ' +
        'null for a payment that has not moved since timelines were introduced.',
    }),
    links: z.array(
      z.strictObject({
        number: z.int().min(1),
        hash: hash.meta({
          description:
            'SHA-256, in hex, of `{"facts":…,"number":…,"previous":…}` as canonical JSON (RFC 8785), ' +
            'with the hash of the link before as `previous`, and for the first the payment id.',
        }),
        facts: z.array(factSchema),
      }),
    ),
    nextAfter: z.int().nullable().meta({
      description: 'For `after` of the next page; null on the last.',
    }),
  })
  .meta({ id: 'Timeline', description: 'One link for each commit, oldest first.' });

export const TIMELINE_LIMIT = 100;

/** Query of the timeline: which page. */
export const timelineQuerySchema = z.strictObject({
  after: z
    .string()
    .regex(/^(0|[1-9]\d{0,8})$/, { error: 'must be the nextAfter of a page' })
    .transform(Number)
    .optional()
    .meta({ type: 'integer', minimum: 0, default: 0, description: 'Links after this number.' }),
});
