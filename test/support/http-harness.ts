/** The public API over real HTTP with a fake gateway behind it. */
import { createHash } from 'node:crypto';
import { makeAnswerRenderer } from '../../src/adapters/http/answers.ts';
import { type App, type AppOptions, makeApp } from '../../src/adapters/http/app.ts';
import type { CatalogueEntry } from '../../src/adapters/http/catalogue.ts';
import { type Lifecycle, makeLifecycle } from '../../src/adapters/http/lifecycle.ts';
import { type PublicServer, startPublicServer } from '../../src/adapters/http/public-server.ts';
import {
  type HttpSettings,
  SERVER_LIMITS,
  type ServerLimits,
} from '../../src/adapters/http/settings.ts';
import type { ApiKeyVerifier, Gateway, PayCommand } from '../../src/domain/gateway.ts';
import { maskMsisdn } from '../../src/domain/msisdn.ts';
import type { Payment } from '../../src/domain/payment.ts';
import type { Clock } from '../../src/domain/ports.ts';
import type { LogFields, Logger, Metrics } from '../../src/domain/telemetry.ts';

export const KEYS = {
  shop: `pga_shop${'a'.repeat(28)}`,
  other: `pga_othr${'b'.repeat(28)}`,
  readOnly: `pga_read${'c'.repeat(28)}`,
} as const;

export const CATALOGUE: CatalogueEntry[] = [
  {
    name: 'MTN',
    market: 'ZM',
    currencies: ['ZMW', 'EUR'],
    prefixes: ['26096', '26076'],
    maxAmountMinor: { ZMW: 1_000_000n },
    callback: { methods: ['POST', 'PUT'], withToken: true },
    demoWallet: '+260966000022',
  },
  {
    name: 'AIRTEL',
    market: 'ZM',
    currencies: ['ZMW', 'ZAR'],
    prefixes: ['26097', '26077'],
    maxAmountMinor: {},
    callback: { methods: ['POST'], withToken: false },
    demoWallet: '+260977000022',
  },
];

export const PAY_BODY = {
  amount: '20.00',
  currency: 'ZMW',
  payer: { msisdn: '+260971234567' },
  provider: 'AIRTEL',
  reference: 'order-17',
  description: 'Two chairs',
  metadata: { cart: '9' },
};

const SETTINGS: HttpSettings = {
  seedDialect: false,
  demoMerchantId: null,
  trustedProxyHops: 0,
  maxInFlight: 1_000,
  maxEventLoopDelayMs: 60_000,
  merchantRequestsPerMinute: 1_000_000,
  addressRequestsPerMinute: 1_000_000,
  answerRetentionDays: 30,
};

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      const wake = () => resolve();
      signal?.addEventListener('abort', wake, { once: true });
      signal?.addEventListener('abort', () => clearTimeout(timer), { once: true });
    }),
};

/** A payment as the use case would make it of this command. */
export function paymentOf(command: PayCommand, changes: Partial<Payment> = {}): Payment {
  const digest = createHash('sha256').update(`${command.merchantId}|${command.idempotencyKey}`);
  const at = new Date('2026-11-21T08:00:00.000Z');
  const attempt = {
    number: 1,
    provider: command.provider,
    market: command.market,
    providerReference: 'REF1',
    outcome: 'accepted' as const,
    reason: null,
    startedAt: at,
    endedAt: at,
  };
  return {
    id: `pay_${digest.digest('hex').slice(0, 32)}`,
    merchantId: command.merchantId,
    status: 'ACCEPTED',
    amountMinor: command.amountMinor,
    currency: command.currency,
    provider: command.provider,
    market: command.market,
    payerMasked: maskMsisdn(command.msisdn),
    reference: command.reference,
    description: command.description,
    metadata: command.metadata,
    failure: null,
    createdAt: at,
    updatedAt: at,
    attempts: [attempt],
    nextCheckAt: new Date('2026-11-21T08:01:00.000Z'),
    resolvesBy: new Date('2026-11-21T08:31:00.000Z'),
    evidence: [{ source: 'provider-answer', at: at.toISOString(), says: 'accepted', reason: null }],
    ...changes,
  };
}

const OPERATIONAL = {
  status: 'OPERATIONAL',
  since: new Date('2026-11-21T08:00:00.000Z'),
  retryAfterSeconds: null,
} as const;

/** Accepts everything; overrides change one method at a time. */
export function fakeGateway(overrides: Partial<Gateway> = {}): Gateway {
  const renderer = makeAnswerRenderer();
  return {
    pay: async (command) => {
      const answer = renderer.accepted(paymentOf(command));
      return { kind: 'answer', answer, replayed: false };
    },
    getPayment: async () => null,
    getTimeline: async () => null,
    listPayments: async () => ({ payments: [], nextCursor: null }),
    providerHealth: () =>
      CATALOGUE.map(({ name, market, currencies }) => ({
        provider: name,
        market,
        currencies,
        operations: { charge: OPERATIONAL, status: OPERATIONAL },
      })),
    providerCallback: async () => 'accepted',
    ...overrides,
  };
}

/** Accepts everything and keeps the commands; all but the first are replays. */
export function recordingGateway(): { commands: PayCommand[]; gateway: Pick<Gateway, 'pay'> } {
  const renderer = makeAnswerRenderer();
  const commands: PayCommand[] = [];
  const gateway: Pick<Gateway, 'pay'> = {
    async pay(command) {
      commands.push(command);
      const answer = renderer.accepted(paymentOf(command));
      return { kind: 'answer', answer, replayed: commands.length > 1 };
    },
  };
  return { commands, gateway };
}

export const fakeKeys: ApiKeyVerifier = {
  async verify(key) {
    const scopes = ['payments:write', 'payments:read'];
    if (key === KEYS.shop) return { merchantId: 'shop', scopes };
    if (key === KEYS.other) return { merchantId: 'other', scopes };
    if (key === KEYS.readOnly) return { merchantId: 'shop', scopes: ['payments:read'] };
    return null;
  },
};

export interface LogLine extends LogFields {
  level: string;
  message: string;
}

export function recordingLogger(lines: LogLine[]): Logger {
  const at = (level: string) => (message: string, fields?: LogFields) =>
    void lines.push({ ...fields, level, message });
  const logger: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => logger,
  };
  return logger;
}

export interface HttpHarness extends PublicServer {
  app: App;
  lifecycle: Lifecycle;
  lines: LogLine[];
  requests: { method: string; route: string; status: number }[];
  [Symbol.asyncDispose](): Promise<void>;
}

export interface HarnessOptions {
  gateway?: Partial<Gateway>;
  settings?: Partial<HttpSettings>;
  limits?: Partial<ServerLimits>;
  app?: Partial<AppOptions>;
  deregistrationDelayMs?: number;
}

export async function startHttp(options: HarnessOptions = {}): Promise<HttpHarness> {
  const lines: LogLine[] = [];
  const requests: HttpHarness['requests'] = [];
  const logger = recordingLogger(lines);
  const httpRequest: Metrics['httpRequest'] = (labels) => void requests.push(labels);
  // The adapter reports nothing else.
  const metrics = { httpRequest } as Metrics;
  const { deregistrationDelayMs = 0 } = options;
  const lifecycle = makeLifecycle({ deregistrationDelayMs, clock: systemClock, logger });
  const app = makeApp({
    gateway: fakeGateway(options.gateway),
    keys: fakeKeys,
    providers: CATALOGUE,
    settings: { ...SETTINGS, ...options.settings },
    redis: null,
    logger,
    metrics,
    clock: systemClock,
    lifecycle,
    ...options.app,
  });
  const server = await startPublicServer(app.app, {
    host: '127.0.0.1',
    port: 0,
    metrics,
    limits: { ...SERVER_LIMITS, ...options.limits },
  });
  const close = async (drain?: { drainMs?: number }) => {
    await server.close(drain);
    app.close();
  };
  return {
    ...server,
    close,
    app,
    lifecycle,
    lines,
    requests,
    [Symbol.asyncDispose]: () => close(),
  };
}

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape.
  json: any;
}

export async function send(url: string, init: RequestInit = {}): Promise<Reply> {
  const response = await fetch(url, init);
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  const json = isJson && text !== '' ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, text, json };
}

export interface PayOptions {
  key?: string | null;
  idempotencyKey?: string | null;
  headers?: Record<string, string>;
}

/** A request to pay; `body` is an object, or the exact text. */
export function pay(url: string, body: unknown = PAY_BODY, options: PayOptions = {}) {
  const { key = KEYS.shop, idempotencyKey = 'key-1' } = options;
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (key !== null) headers.authorization = `Bearer ${key}`;
  if (idempotencyKey !== null) headers['idempotency-key'] = idempotencyKey;
  const exact = typeof body === 'string' || body instanceof Uint8Array;
  return send(`${url}/v1/pay`, {
    method: 'POST',
    headers: { ...headers, ...options.headers },
    body: exact ? (body as string) : JSON.stringify(body),
  });
}
