/** The API's description, OpenAPI 3.1, made from the schemas that validate. */
import {
  OpenAPIRegistry,
  OpenApiGeneratorV31,
  type RouteConfig,
} from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../../domain/errors.ts';
import type { Scope } from '../../domain/gateway.ts';
import {
  paymentListSchema,
  paymentSchema,
  problemSchema,
  providerListSchema,
} from './api-schemas.ts';
import type { CallbackPath } from './callback-route.ts';
import { paySchema } from './pay-schema.ts';
import type { ListSchema } from './query.ts';
import { needsRetryAfter, STATUS_OF } from './status.ts';

export type OpenApiDocument = ReturnType<OpenApiGeneratorV31['generateDocument']>;
type Responses = RouteConfig['responses'];

/** What any request may meet before its route has a say. */
const ANY: ErrorCode[] = [
  ...(['http-invalid', 'request-timeout', 'headers-too-large', 'rate-limited'] as const),
  ...(['shutting-down', 'internal-error'] as const),
];
const WITH_KEY: ErrorCode[] = ['unauthenticated', 'forbidden', 'overloaded', 'store-unavailable'];
const PAY: ErrorCode[] = [
  ...(['idempotency-key-missing', 'idempotency-key-invalid', 'body-invalid'] as const),
  ...(['json-invalid', 'provider-unknown', 'currency-not-supported', 'amount-precision'] as const),
  ...(['amount-out-of-range', 'msisdn-invalid', 'provider-required'] as const),
  ...(['payment-declined', 'body-too-large', 'media-type-unsupported'] as const),
  ...(['payment-in-progress', 'idempotency-key-reused', 'idempotency-key-expired'] as const),
  ...(['provider-refused', 'provider-unreachable'] as const),
  ...(['provider-unavailable', 'provider-saturated'] as const),
];

const requestIdHeader = z.uuid().meta({ description: 'New for each answer, replays too.' });
const locationHeader = z.string().meta({ description: 'Where the payment can be looked at.' });
const replayedHeader = z
  .literal('true')
  .optional()
  .meta({ description: 'The answer is the stored one, byte for byte.' });

type Shape = Record<string, z.ZodType>;

function headersOf(status: number, extra: Shape = {}): z.ZodObject {
  const shape: Shape = { 'X-Request-Id': requestIdHeader, ...extra };
  if (needsRetryAfter(status)) {
    shape['Retry-After'] = z.int().min(1).meta({ description: 'Seconds.' });
  }
  if (status === 401) shape['WWW-Authenticate'] = z.literal('Bearer');
  if (status === 402) shape.Location = locationHeader;
  if (status === 402 || status === 422) shape['Idempotent-Replayed'] = replayedHeader;
  if (status === 429) shape.RateLimit = z.string();
  if (status === 429) shape['RateLimit-Policy'] = z.string();
  return z.object(shape);
}

function problems(codes: readonly ErrorCode[]): Responses {
  const responses: Responses = {};
  for (const [status, group] of Map.groupBy(codes, (code) => STATUS_OF[code])) {
    responses[status] = {
      description: group.map((code) => `\`${code}\`: ${ERRORS[code].title}.`).join(' '),
      headers: headersOf(status),
      content: { 'application/problem+json': { schema: problemSchema(group) } },
    };
  }
  return responses;
}

function answer(status: number, description: string, schema: z.ZodType, extra?: Shape) {
  return {
    [status]: {
      description,
      headers: headersOf(status, extra),
      content: { 'application/json': { schema } },
    },
  };
}

const security = (scope: Scope) => [{ apiKey: [scope] }];

function registerPay(registry: OpenAPIRegistry, retentionDays: number): void {
  registry.registerPath({
    method: 'post',
    path: '/v1/pay',
    operationId: 'pay',
    tags: ['Payments'],
    summary: 'Collect an amount from a wallet, once per key',
    description: [
      `A stored answer is replayed for ${retentionDays} days, with the same status and bytes;`,
      'after that the key answers 422 `idempotency-key-expired` and never pays again.',
      'Answers 202, 402 and 422 `idempotency-key-expired` are stored; all others are not, and the',
      'same key executes normally later.',
      'A 5xx with a `code` means that this request moved no money.',
      'Wait at least 30 s for an answer before giving up, and send again with the same key.',
    ].join(' '),
    security: security('payments:write'),
    request: {
      headers: z.object({
        'Idempotency-Key': z.string().meta({
          description: 'One per intention to pay. `"abc"` and `abc` are the same key.',
          pattern: '^("[\\x21-\\x7E]{1,64}"|[\\x21-\\x7E]{1,64})$',
          example: 'order-17-try-1',
        }),
      }),
      body: { required: true, content: { 'application/json': { schema: paySchema } } },
    },
    responses: {
      ...answer(202, 'Accepted, or outcome unknown: `status` says which.', paymentSchema, {
        Location: locationHeader,
        'Idempotent-Replayed': replayedHeader,
      }),
      ...problems([...PAY, ...WITH_KEY, ...ANY]),
    },
  });
}

function registerReads(registry: OpenAPIRegistry, listSchema: ListSchema): void {
  const read = security('payments:read');
  registry.registerPath({
    method: 'get',
    path: '/v1/payments/{id}',
    operationId: 'getPayment',
    tags: ['Payments'],
    summary: 'One payment, as it is now',
    security: read,
    request: { params: z.object({ id: z.string().meta({ pattern: '^pay_[0-9a-f]{32}$' }) }) },
    responses: {
      ...answer(200, 'The payment.', paymentSchema),
      ...problems(['not-found', ...WITH_KEY, ...ANY]),
    },
  });
  registry.registerPath({
    method: 'get',
    path: '/v1/payments',
    operationId: 'listPayments',
    tags: ['Payments'],
    summary: 'Your payments, newest first',
    security: read,
    request: { query: listSchema },
    responses: {
      ...answer(200, 'A page of payments.', paymentListSchema),
      ...problems(['query-invalid', ...WITH_KEY, ...ANY]),
    },
  });
  registry.registerPath({
    method: 'get',
    path: '/v1/providers',
    operationId: 'listProviders',
    tags: ['Providers'],
    summary: 'The providers and how they are',
    security: read,
    responses: {
      ...answer(200, 'DEGRADED: one probe is let through. DOWN: none.', providerListSchema),
      ...problems([...WITH_KEY, ...ANY]),
    },
  });
}

function registerCallback(registry: OpenAPIRegistry, target: CallbackPath): void {
  for (const method of target.methods) {
    registry.registerPath({
      method: method === 'POST' ? 'post' : 'put',
      path: target.pattern,
      operationId: `callback${target.provider}${method}`,
      tags: ['Callbacks'],
      summary: `A callback of ${target.provider}: a hint to ask it sooner, nothing more`,
      request: target.pattern.endsWith('{token}')
        ? { params: z.object({ token: z.string() }) }
        : {},
      responses: {
        ...answer(200, 'Heard.', z.strictObject({})),
        ...problems(['forbidden', 'not-found', 'body-too-large', 'overloaded']),
        ...problems(['store-unavailable', 'overloaded', ...ANY]),
      },
    });
  }
}

export function makeOpenApiDocument(options: {
  listSchema: ListSchema;
  callbacks: readonly CallbackPath[];
  answerRetentionDays: number;
}): OpenApiDocument {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key: `pga_` and at least 32 characters.',
  });
  registerPay(registry, options.answerRetentionDays);
  registerReads(registry, options.listSchema);
  for (const target of options.callbacks) registerCallback(registry, target);
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Payment gateway API',
      version: '1.0.0',
      description: 'One API in front of several mobile-money providers.',
    },
    servers: [{ url: '/' }],
  });
}
