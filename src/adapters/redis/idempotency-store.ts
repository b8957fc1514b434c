import type { Redis } from 'ioredis';
import type {
  ClaimResult,
  IdempotencyStore,
  Ids,
  LookResult,
  StoredAnswer,
} from '../../domain/ports.ts';
import type { Logger } from '../../domain/telemetry.ts';
import { makeLookGatherer } from './look-gatherer.ts';
import { makeTrip } from './trip.ts';
import { makeWriteGatherer } from './write-gatherer.ts';

export interface IdempotencyStoreSettings {
  /** How long a claim stands when its owner dies: the lease of a dispatch. */
  leaseMs: number;
  /** How long an answer is cached here; Postgres keeps it longer. @default 24 h */
  answerTtlMs?: number;
}

const DAY_MS = 86_400_000;

/**
 * A claim is `c|owner|fingerprint`, which is also its token; an answer is
 * `a|fingerprint|status|type|payment|body`.
 */
const CLAIM = 'c';
const ANSWER = 'a';

/** Replaces only our own claim, or nothing at all. */
const COMPLETE = `
local held = redis.call('get', KEYS[1])
if not held or held == ARGV[1] then redis.call('set', KEYS[1], ARGV[2], 'px', ARGV[3]) return 1 end
return 0`;
/** Deletes only our own claim: an owner that came late must not free a newer one. */
const RELEASE = `
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end
return 0`;

/**
 * The fast path over Redis. `client` must be made with no offline queue, no resending and a command timeout
 * (connection.ts): a command whose reply was lost may still have run, and is recognised by its token.
 */
export function makeIdempotencyStore(
  client: Redis,
  ids: Pick<Ids, 'token'>,
  settings: IdempotencyStoreSettings,
  logger: Logger,
): IdempotencyStore {
  const { leaseMs, answerTtlMs = DAY_MS } = settings;
  const trip = makeTrip({ logger });
  const gather = makeWriteGatherer(client);
  const lookAt = makeLookGatherer(client, trip.run);
  const name = (key: string) => `idem:${key}`;
  return {
    async claim(key, fingerprint): Promise<ClaimResult> {
      const token = `${CLAIM}|${ids.token()}|${fingerprint}`;
      const reply = await trip.run(() =>
        gather(() => client.set(name(key), token, 'PX', leaseMs, 'NX', 'GET')),
      );
      if (!reply.ok) return { kind: 'unavailable' };
      if (reply.value === null || reply.value === token) return { kind: 'granted', token };
      return readHeld(reply.value);
    },
    async look(key): Promise<LookResult> {
      const reply = await lookAt(name(key));
      if (!reply.ok) return { kind: 'unavailable' };
      return reply.value === null ? { kind: 'free' } : readHeld(reply.value);
    },
    async complete(key, token, fingerprint, answer) {
      const written = writeAnswer(fingerprint, answer);
      await trip.run(() =>
        gather(() => client.eval(COMPLETE, 1, name(key), token ?? '', written, answerTtlMs)),
      );
    },
    async release(key, token) {
      await trip.run(() => gather(() => client.eval(RELEASE, 1, name(key), token)));
    },
    async close() {
      client.disconnect();
    },
  };
}

function writeAnswer(
  fingerprint: string,
  { status, contentType, paymentId, body }: StoredAnswer,
): string {
  return [ANSWER, fingerprint, status, contentType, paymentId, body].join('|');
}

function readHeld(value: string): Extract<ClaimResult, { kind: 'held' | 'answered' }> {
  if (!value.startsWith(`${ANSWER}|`)) return { kind: 'held' };
  const [, fingerprint = '', status = '', contentType = '', paymentId = ''] = value.split('|', 5);
  const head = `${ANSWER}|${fingerprint}|${status}|${contentType}|${paymentId}|`;
  const answer = { status: Number(status), contentType, paymentId, body: value.slice(head.length) };
  return { kind: 'answered', fingerprint, answer };
}
