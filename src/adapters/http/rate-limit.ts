/**
 * express-rate-limit over our own store: by merchant, and by address for callers without a valid
 * key.
 */
import type { Request, RequestHandler, Response } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { GatewayError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports.ts';
import { merchantOf } from './context.ts';
import {
  makeRateLimitStore,
  type RateLimitRedis,
  type RateLimitStore,
} from './rate-limit-store.ts';

const WINDOW_MS = 60_000;

/** What the library leaves on the request after it has counted it. */
type CountedRequest = Request & { rateLimit: { used: number; resetTime: Date } };

interface Limiter {
  /** Counts, and answers 429 above the limit. */
  count: RequestHandler;
  /** Answers 429 above the limit, and counts nothing. */
  refuseSpent: RequestHandler;
  /** Tells a caller below the limit where it stands. */
  tell: RequestHandler;
  close(): void;
}

interface LimiterOptions {
  name: 'merchant' | 'address';
  limit: number;
  store: RateLimitStore;
  clock: Clock;
  keyOf(request: Request, response: Response): string;
}

/**
 * The headers of the RateLimit draft (8) are written here: the library would hash the caller's key
 * for each answer. `Retry-After` is the same number as `t`, so the two cannot disagree.
 */
function makeLimiter({ name, limit, store, clock, keyOf }: LimiterOptions): Limiter {
  const policy = `"${name}";q=${limit};w=${WINDOW_MS / 1_000}`;

  function writeHeaders(request: Request, response: Response): number {
    const { used, resetTime } = (request as CountedRequest).rateLimit;
    const leftMs = resetTime.getTime() - clock.now().getTime();
    const seconds = Math.max(1, Math.ceil(leftMs / 1_000));
    response.setHeader('RateLimit-Policy', policy);
    response.setHeader('RateLimit', `"${name}";r=${Math.max(0, limit - used)};t=${seconds}`);
    return seconds;
  }

  function refusal(request: Request, response: Response): GatewayError {
    const retryAfterSeconds = writeHeaders(request, response);
    const detail = `More than ${limit} requests in a minute.`;
    return new GatewayError('rate-limited', detail, { retryAfterSeconds });
  }

  return {
    refuseSpent: (request, response, next) => {
      const { totalHits: used, resetTime } = store.peek(keyOf(request, response));
      if (used < limit) return next();
      (request as CountedRequest).rateLimit = { used, resetTime };
      next(refusal(request, response));
    },
    count: rateLimit({
      windowMs: WINDOW_MS,
      limit,
      store,
      keyGenerator: keyOf,
      legacyHeaders: false,
      standardHeaders: false,
      // Its checks look for mistakes in a set-up on every request; here the tests do that, once.
      validate: false,
      handler: (request, response, next) => next(refusal(request, response)),
    }),
    tell: (request, response, next) => {
      writeHeaders(request, response);
      next();
    },
    close: () => store.close(),
  };
}

export interface RateLimits {
  merchant: Limiter;
  address: Limiter;
}

export function makeRateLimits(options: {
  merchantRequestsPerMinute: number;
  addressRequestsPerMinute: number;
  redis: RateLimitRedis | null;
  clock: Clock;
}): RateLimits {
  const { redis, clock } = options;
  const storeOf = (prefix: string) =>
    makeRateLimitStore({ prefix, windowMs: WINDOW_MS, redis, clock });
  return {
    merchant: makeLimiter({
      name: 'merchant',
      limit: options.merchantRequestsPerMinute,
      store: storeOf('rate:merchant:'),
      clock,
      keyOf: (_request, response) => merchantOf(response),
    }),
    address: makeLimiter({
      name: 'address',
      limit: options.addressRequestsPerMinute,
      store: storeOf('rate:address:'),
      clock,
      // The address as seen behind the trusted proxies; one subnet of IPv6 is one caller.
      keyOf: (request) => ipKeyGenerator(request.ip ?? 'unknown'),
    }),
  };
}
