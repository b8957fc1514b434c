/** The headers of answers, each described once. */
import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';

const TEXT = { type: 'string' } as const;
const PAYMENT_PATH = {
  ...TEXT,
  pattern: '^/v1/payments/pay_[0-9a-f]{32}$',
  example: '/v1/payments/pay_019aa5b0c0007abc8def0123456789ab',
} as const;
const WHERE = 'Where the payment can be looked at';

interface Described {
  /** Where the name in the description is not the header's own. */
  header?: string;
  description: string;
  required?: boolean;
  schema: { type: 'string' | 'integer' } & Record<string, unknown>;
}

const described = <Name extends string>(headers: Record<Name, Described>) => headers;

export const HEADERS = described({
  'X-Request-Id': {
    description: 'New for each answer, replays too.',
    required: true,
    schema: { ...TEXT, format: 'uuid' },
  },
  'Retry-After': {
    description: 'Send again after this many whole seconds, not earlier.',
    required: true,
    schema: { type: 'integer', minimum: 1 },
  },
  Location: { description: `${WHERE}; there when one is known.`, schema: PAYMENT_PATH },
  LocationAlways: {
    header: 'Location',
    description: `${WHERE}.`,
    required: true,
    schema: PAYMENT_PATH,
  },
  'Idempotent-Replayed': {
    description: 'The answer is the stored one, byte for byte.',
    schema: { ...TEXT, const: 'true' },
  },
  'WWW-Authenticate': {
    description: 'The scheme to use.',
    required: true,
    schema: { ...TEXT, const: 'Bearer' },
  },
  Allow: {
    description: 'The methods that this path serves; empty when it serves none.',
    required: true,
    schema: { ...TEXT, example: 'GET, HEAD' },
  },
  RateLimit: {
    description: 'What is left (`r`) and for how many seconds (`t`).',
    schema: { ...TEXT, example: '"merchant";r=5999;t=60' },
  },
  'RateLimit-Policy': {
    description: 'The limit (`q`) and its window in seconds (`w`).',
    schema: { ...TEXT, example: '"merchant";q=6000;w=60' },
  },
});

export type HeaderName = keyof typeof HEADERS;

/** References to these, and to the request's id. */
export function headersOf(...names: HeaderName[]) {
  return Object.fromEntries(
    (['X-Request-Id', ...names] satisfies HeaderName[]).map((name) => {
      const { header = name }: Described = HEADERS[name];
      return [header, { $ref: `#/components/headers/${name}` }];
    }),
  );
}

export function registerHeaders(registry: OpenAPIRegistry): void {
  for (const [name, { header: _, ...description }] of Object.entries<Described>(HEADERS)) {
    registry.registerComponent('headers', name, description);
  }
}
