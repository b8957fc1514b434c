/** The fast path in memory. All of it may vanish, and a command that timed out may have run. */
import type {
  ClaimResult,
  IdempotencyStore,
  Ids,
  LookResult,
  StoredAnswer,
} from '../../src/domain/ports.ts';
import type { Wire } from './wire.ts';

type Entry =
  | { kind: 'claim'; token: string; endsAtMs: number }
  | { kind: 'answer'; fingerprint: string; answer: StoredAnswer; endsAtMs: number };

export type FakeRedis = Map<string, Entry>;

export interface FakeIdempotencyOptions {
  redis: FakeRedis;
  ids: Pick<Ids, 'token'>;
  nowMs(): number;
  leaseMs: number;
  answerTtlMs?: number;
  wire: Wire;
}

const DAY_MS = 86_400_000;

export function makeFakeIdempotencyStore(options: FakeIdempotencyOptions): IdempotencyStore {
  const { redis, ids, nowMs, leaseMs, answerTtlMs = DAY_MS, wire } = options;

  function read(key: string): Entry | undefined {
    const entry = redis.get(key);
    if (entry && entry.endsAtMs > nowMs()) return entry;
    redis.delete(key);
    return undefined;
  }

  function met(entry: Entry): Extract<ClaimResult, { kind: 'held' | 'answered' }> {
    if (entry.kind === 'claim') return { kind: 'held' };
    const { fingerprint, answer } = entry;
    return { kind: 'answered', fingerprint, answer: { ...answer } };
  }

  const isFree = (key: string, token: string | null) => {
    const entry = read(key);
    return !entry || (entry.kind === 'claim' && entry.token === token);
  };

  return {
    claim: (key) =>
      wire
        .call<ClaimResult>('claims the key', () => {
          const entry = read(key);
          if (entry) return met(entry);
          const token = ids.token();
          redis.set(key, { kind: 'claim', token, endsAtMs: nowMs() + leaseMs });
          return { kind: 'granted', token };
        })
        .catch(() => ({ kind: 'unavailable' })),
    look: (key) =>
      wire
        .call<LookResult>('looks at the key', () => {
          const entry = read(key);
          return entry ? met(entry) : { kind: 'free' };
        })
        .catch(() => ({ kind: 'unavailable' })),
    complete: (key, token, fingerprint, answer) =>
      wire
        .call('caches the answer', () => {
          if (!isFree(key, token)) return;
          const endsAtMs = nowMs() + answerTtlMs;
          redis.set(key, { kind: 'answer', fingerprint, answer: { ...answer }, endsAtMs });
        })
        .catch(() => {}),
    release: (key, token) =>
      wire
        .call('releases the key', () => {
          const entry = read(key);
          if (entry?.kind === 'claim' && entry.token === token) redis.delete(key);
        })
        .catch(() => {}),
    async close() {},
  };
}
