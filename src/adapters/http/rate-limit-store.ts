/**
 * Counts requests per key and fixed window. Each process counts in memory and adds up with the
 * others through Redis a few times a second, so a request never waits for Redis and a lost Redis
 * leaves a limit per process (BRK-10). Between two exchanges the processes together may let through
 * a little more than the limit.
 */
import type { Store } from 'express-rate-limit';
import type { Clock } from '../../domain/ports.ts';

/** The part of ioredis that is needed here. */
export interface RateLimitRedis {
  eval(script: string, numberOfKeys: number, ...args: (string | number)[]): Promise<unknown>;
}

const EXCHANGE_EVERY_MS = 50;
const REDIS_TIMEOUT_MS = 200;
/** After a failed exchange Redis is left alone this long. */
const BACK_OFF_MS = 1_000;
/** A flood from many addresses forgets the oldest keys instead of eating memory: about 20 MB. */
const MAX_KEYS = 100_000;

/** Adds to the window's count and answers it with the time left, by Redis's own clock. */
const ADD_SCRIPT = `
local total = redis.call('INCRBY', KEYS[1], ARGV[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  left = tonumber(ARGV[2])
end
return { total, left }`;

interface Window {
  /** What everybody had counted at the last exchange, ours included. */
  known: number;
  /** Ours, not exchanged yet. */
  pending: number;
  endsAtMs: number;
}

export interface RateLimitStoreOptions {
  /** Keeps the keys of two limiters apart. */
  prefix: string;
  windowMs: number;
  redis: RateLimitRedis | null;
  clock: Clock;
}

async function within<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('Redis did not answer in time')), timeoutMs);
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}

export interface RateLimitStore extends Store {
  increment(key: string): { totalHits: number; resetTime: Date };
  /** As `increment` would answer, without counting. */
  peek(key: string): { totalHits: number; resetTime: Date };
  close(): void;
}

export function makeRateLimitStore(options: RateLimitStoreOptions): RateLimitStore {
  const { prefix, windowMs, redis, clock } = options;
  const windows = new Map<string, Window>();
  const dirty = new Map<string, Window>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function windowOf(key: string): Window {
    const nowMs = clock.monotonicMs();
    const window = windows.get(key);
    if (window !== undefined && nowMs < window.endsAtMs) return window;
    const fresh = { known: 0, pending: 0, endsAtMs: nowMs + windowMs };
    // Deleted first, so that the map's order is the order of windows, and the oldest is first.
    windows.delete(key);
    windows.set(key, fresh);
    if (windows.size > MAX_KEYS) windows.delete(windows.keys().next().value as string);
    return fresh;
  }

  async function exchange(store: RateLimitRedis, key: string, window: Window): Promise<void> {
    const added = window.pending;
    window.pending = 0;
    // Stays counted here whatever becomes of the exchange.
    window.known += added;
    const reply = await within(
      store.eval(ADD_SCRIPT, 1, `${prefix}${key}`, added, windowMs),
      REDIS_TIMEOUT_MS,
    );
    const [total, leftMs] = Array.isArray(reply) ? reply.map(Number) : [];
    if (!(Number(total) >= added && Number(leftMs) > 0)) throw new Error('not a count and a time');
    window.known = Math.max(window.known, Number(total));
    window.endsAtMs = clock.monotonicMs() + Number(leftMs);
  }

  async function exchangeAll(store: RateLimitRedis): Promise<void> {
    const batch = [...dirty];
    dirty.clear();
    const results = await Promise.allSettled(
      batch.map(([key, window]) => exchange(store, key, window)),
    );
    timer = undefined;
    const failed = results.some((result) => result.status === 'rejected');
    if (failed) schedule(BACK_OFF_MS);
    else if (dirty.size > 0) schedule(EXCHANGE_EVERY_MS);
  }

  function schedule(delayMs: number): void {
    if (redis === null || closed || timer !== undefined) return;
    timer = setTimeout(() => void exchangeAll(redis), delayMs);
    timer.unref();
  }

  function stateOf({ known, pending, endsAtMs }: Window) {
    const leftMs = endsAtMs - clock.monotonicMs();
    return { totalHits: known + pending, resetTime: new Date(clock.now().getTime() + leftMs) };
  }

  return {
    peek(key) {
      const window = windows.get(key);
      const isLive = window !== undefined && clock.monotonicMs() < window.endsAtMs;
      return stateOf(isLive ? window : { known: 0, pending: 0, endsAtMs: clock.monotonicMs() });
    },
    increment(key) {
      const window = windowOf(key);
      window.pending += 1;
      if (redis !== null) {
        dirty.set(key, window);
        schedule(EXCHANGE_EVERY_MS);
      }
      return stateOf(window);
    },
    decrement(key) {
      windowOf(key).pending -= 1;
    },
    resetKey(key) {
      windows.delete(key);
      dirty.delete(key);
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
