/** The API's description, OpenAPI 3.1, made from the schemas that validate. */
import {
  OpenAPIRegistry,
  OpenApiGeneratorV31,
  type ZodMediaTypeObject,
} from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { ErrorCode } from '../../domain/errors.ts';
import type { Scope } from '../../domain/gateway.ts';
import {
  makePaymentSchemas,
  PAYMENT_ID_PATTERN,
  problemSchema,
  providerListSchema,
} from './api-schemas.ts';
import type { CallbackPath } from './callback-route.ts';
import type { Catalogue } from './catalogue.ts';
import { IDEMPOTENCY_HEADER_PATTERN } from './idempotency-key.ts';
import { type HeaderName, headersOf, registerHeaders } from './openapi-headers.ts';
import { type DescribeProblems, makeDescribeProblems } from './openapi-problems.ts';
import { BODY_RULES, describePayRequest, describeSeedRequest } from './openapi-request.ts';
import { samplePage, samplePayment, sampleTimeline } from './openapi-samples.ts';
import { TIMELINE_LIMIT, timelineQuerySchema, timelineSchema } from './outcome-schema.ts';
import type { ListSchema } from './query.ts';

export type OpenApiDocument = ReturnType<OpenApiGeneratorV31['generateDocument']>;

export interface OpenApiOptions {
  catalogue: Catalogue;
  listSchema: ListSchema;
  callbacks: readonly CallbackPath[];
  answerRetentionDays: number;
  seedDialect: boolean;
}

interface Parts extends OpenApiOptions {
  registry: OpenAPIRegistry;
  problems: DescribeProblems;
  schemas: ReturnType<typeof makePaymentSchemas>;
  /** Of the provider in the examples. */
  sampleProvider: string;
}

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

function answer(description: string, content: ZodMediaTypeObject, ...headers: HeaderName[]) {
  return { description, headers: headersOf(...headers), content: { 'application/json': content } };
}

const security = (scope: Scope) => [{ apiKey: [scope] }];

/** What a merchant needs to know before the first payment. */
function describePay({ answerRetentionDays }: OpenApiOptions): string {
  return [
    `A stored answer is replayed for ${answerRetentionDays} days, with the same status and bytes;`,
    'after that the key answers 422 `idempotency-key-expired` and never pays again.',
    'Answers 202, 402 and 422 `idempotency-key-expired` are stored; all others are not, and the',
    'same key executes normally later.',
    'A 5xx with a `code` means that this request moved no money.',
    'Every 409, 429, 502 and 503 says in `Retry-After` when to send again.',
    'Wait at least 30 s for an answer before giving up, and send again with the same key.',
  ].join(' ');
}

function keyHeader(isOptional: boolean) {
  const key = z.string();
  return (isOptional ? key.optional() : key).meta({
    description: [
      'One per intention to pay: 1 to 64 visible ASCII characters. `"abc"` and `abc` are the same',
      'key; one that begins with a quote must end with one.',
      ...(isOptional ? ['Required with a PayRequest.'] : []),
    ].join(' '),
    pattern: IDEMPOTENCY_HEADER_PATTERN,
    example: 'order-17-try-1',
  });
}

function registerPay(parts: Parts): void {
  const { registry, problems, schemas, catalogue, seedDialect, sampleProvider } = parts;
  const request = describePayRequest(catalogue);
  const schema = seedDialect ? z.union([request, describeSeedRequest(catalogue)]) : request;
  registry.registerPath({
    method: 'post',
    path: '/v1/pay',
    operationId: 'pay',
    tags: ['Payments'],
    summary: 'Collect an amount from a wallet, once per key',
    description: describePay(parts),
    security: security('payments:write'),
    request: {
      headers: z.object({ 'Idempotency-Key': keyHeader(seedDialect) }),
      body: {
        required: true,
        description: BODY_RULES,
        content: { 'application/json': { schema } },
      },
    },
    responses: {
      202: answer(
        'Accepted, or outcome unknown: `status` says which.',
        { schema: schemas.payment, example: samplePayment(sampleProvider) },
        ...(['LocationAlways', 'Idempotent-Replayed', 'RateLimit', 'RateLimit-Policy'] as const),
      ),
      ...problems('Pay', [...PAY, ...WITH_KEY, ...ANY]),
    },
  });
}

function registerReads(parts: Parts): void {
  const { registry, problems, schemas, listSchema, sampleProvider } = parts;
  const shared = { method: 'get', security: security('payments:read') } as const;
  const told: HeaderName[] = ['RateLimit', 'RateLimit-Policy'];
  const payment = { schema: schemas.payment, example: samplePayment(sampleProvider) };
  const page = { schema: schemas.page, example: samplePage(sampleProvider) };
  registry.registerPath({
    ...shared,
    path: '/v1/payments/{id}',
    operationId: 'getPayment',
    tags: ['Payments'],
    summary: 'One payment, as it is now',
    request: { params: z.object({ id: z.string().meta({ pattern: PAYMENT_ID_PATTERN }) }) },
    responses: {
      200: answer('The payment.', payment, ...told),
      ...problems('Read', ['not-found', ...WITH_KEY, ...ANY]),
    },
  });
  registry.registerPath({
    ...shared,
    path: '/v1/payments',
    operationId: 'listPayments',
    tags: ['Payments'],
    summary: 'Your payments, newest first',
    request: { query: listSchema },
    responses: {
      200: answer('A page of payments.', page, ...told),
      ...problems('List', ['query-invalid', ...WITH_KEY, ...ANY]),
    },
  });
  registry.registerPath({
    ...shared,
    path: '/v1/providers',
    operationId: 'listProviders',
    tags: ['Providers'],
    summary: 'The providers and how they are',
    responses: {
      200: answer(
        'DEGRADED: one probe is let through. DOWN: none.',
        { schema: providerListSchema },
        ...told,
      ),
      ...problems('Read', [...WITH_KEY, ...ANY]),
    },
  });
}

function registerTimeline({ registry, problems, sampleProvider }: Parts): void {
  registry.registerPath({
    method: 'get',
    security: security('payments:read'),
    path: '/v1/payments/{id}/timeline',
    operationId: 'getTimeline',
    tags: ['Payments'],
    summary: 'Everything that happened to a payment, each link hashed with the one before',
    request: {
      params: z.object({ id: z.string().meta({ pattern: PAYMENT_ID_PATTERN }) }),
      query: timelineQuerySchema,
    },
    responses: {
      200: answer(
        `At most ${TIMELINE_LIMIT} links, oldest first.`,
        { schema: timelineSchema, example: sampleTimeline(sampleProvider) },
        ...(['RateLimit', 'RateLimit-Policy'] as const),
      ),
      ...problems('Timeline', ['not-found', 'query-invalid', ...WITH_KEY, ...ANY]),
    },
  });
}

function registerCallback({ registry, problems }: Parts, target: CallbackPath): void {
  for (const method of target.methods) {
    registry.registerPath({
      method: method === 'POST' ? 'post' : 'put',
      path: target.pattern,
      operationId: `callback${target.provider}${method}`,
      tags: ['Callbacks'],
      summary: `A callback of ${target.provider}: a hint to ask it sooner, nothing more`,
      request: {
        ...(target.pattern.endsWith('{token}') && { params: z.object({ token: z.string() }) }),
        body: {
          description: 'What the provider sends, of any media type; at most 8,192 bytes.',
          content: { 'application/json': { schema: { description: 'Any JSON.' } } },
        },
      },
      responses: {
        200: answer('Heard.', { schema: z.strictObject({}) }),
        ...problems('Callback', ['forbidden', 'not-found', 'body-too-large']),
        ...problems('Read', ['overloaded', 'store-unavailable', ...ANY]),
      },
    });
  }
}

export function makeOpenApiDocument(options: OpenApiOptions): OpenApiDocument {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key: `pga_` and at least 32 characters.',
  });
  registerHeaders(registry);
  const problems = makeDescribeProblems(registry);
  const { names } = options.catalogue;
  const schemas = makePaymentSchemas(names);
  const parts = { ...options, registry, problems, schemas, sampleProvider: names.at(-1) ?? '' };
  registerPay(parts);
  registerReads(parts);
  registerTimeline(parts);
  for (const target of options.callbacks) registerCallback(parts, target);
  // Said where there is no operation, so no operation refers to it.
  problems('Any', ['method-not-allowed']);
  // The answers refer to it by name.
  const definitions = [{ type: 'schema', schema: problemSchema } as const, ...registry.definitions];
  const generator = new OpenApiGeneratorV31(definitions, { unionPreferredType: 'oneOf' });
  return generator.generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Payment gateway API',
      version: '1.0.0',
      description: [
        'One API in front of several mobile-money providers. Every error is a Problem: decide by',
        'its `code` and `retry`. A method that a path does not serve is answered 405',
        '`method-not-allowed` with `Allow`, an unknown path 404 `not-found`.',
      ].join(' '),
    },
    servers: [{ url: '/' }],
  });
}
