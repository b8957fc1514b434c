/** Everything that outlives a process: servers, providers, merchants' memories, and what went wrong. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { PROFILES } from '../../src/config/timing-profiles.ts';
import type { RetryTier } from '../../src/domain/delivery.ts';
import type { StoredAnswer } from '../../src/domain/ports.ts';
import type { Metrics } from '../../src/domain/telemetry.ts';
import { silentLogger } from '../support/messaging.ts';
import { type Dice, makeDice } from './dice.ts';
import { type Broker, makeBroker } from './fake-broker.ts';
import type { FakeRedis } from './fake-idempotency.ts';
import { makeShardLocks, type ShardLocks } from './fake-outbox.ts';
import type { ProviderBook } from './fake-provider.ts';
import { drawFaults } from './faults.ts';
import { type Chaos, EPOCH_MS } from './machine.ts';
import { makeScheduler, type Scheduler } from './scheduler.ts';
import { makeTables, type Tables } from './tables.ts';

/** The demo profile, with shorter long waits: a schedule costs steps, not seconds. */
export const TIMING = {
  ...PROFILES.demo.timing,
  manualReviewAfterMs: 60_000,
  closeAfterMs: 75_000,
};

export const TIERS: readonly RetryTier[] = [
  { suffix: 'retry.5s', delayMs: 5_000 },
  { suffix: 'retry.1m', delayMs: 10_000 },
  { suffix: 'retry.10m', delayMs: 20_000 },
];

/** What a merchant wants, and under which key. */
export interface Wish {
  merchantId: string;
  key: string;
  fingerprint: string;
  amountMinor: bigint;
  currency: string;
  provider: string;
  /** Other providers that may take it, in order. */
  failover: readonly string[];
  msisdn: string;
}

/** One request of a merchant and what came back. */
export interface RequestRecord {
  id: string;
  wish: Wish;
  result:
    | { kind: 'answer'; answer: StoredAnswer; replayed: boolean }
    | { kind: 'error'; code: string; status: number }
    /** No answer: the process died, or took too long. */
    | { kind: 'lost' }
    | null;
}

/** What a consumer of `payments.events` knows of one payment. */
export interface Reported {
  sequence: number;
  statuses: string[];
}

export interface World {
  dice: Dice;
  scheduler: Scheduler;
  failover: boolean;
  chaos: Chaos;
  tables: Tables;
  redis: FakeRedis;
  broker: Broker;
  locks: ShardLocks;
  book: ProviderBook;
  requests: RequestRecord[];
  reported: Map<string, Reported>;
  /** Which merchant's request the code that runs belongs to. */
  scope: AsyncLocalStorage<string>;
  /** Broken promises that were seen as they happened: `checker: detail`. */
  violations: Violation[];
  newId(): number;
}

export interface Violation {
  checker: string;
  detail: string;
}

export interface WorldOptions {
  keepTrace?: boolean;
  /** Whether each provider stands in for the other. @default in every third schedule */
  failover?: boolean;
}

const FAILOVER_EVERY = 3;

export function makeWorld(seed: number, options: WorldOptions = {}): World {
  const { failover = seed % FAILOVER_EVERY === 0 } = options;
  const dice = makeDice(seed);
  const scheduler = makeScheduler(dice, options);
  let lastId = 0;
  return {
    dice,
    scheduler,
    failover,
    chaos: { faults: drawFaults(dice, failover), healed: false, injected: 0 },
    tables: makeTables({
      nowMs: () => EPOCH_MS + scheduler.nowMs(),
      keepsBack: () => dice.chance(0.1),
    }),
    redis: new Map(),
    broker: makeBroker(2),
    locks: makeShardLocks(),
    book: { charges: [], deniedOnce: new Set(), reached: new Map() },
    requests: [],
    reported: new Map(),
    scope: new AsyncLocalStorage(),
    violations: [],
    newId: () => ++lastId,
  };
}

const nothing = () => {};
export const silentMetrics = new Proxy({} as Metrics, { get: () => nothing });
export { silentLogger };

const hex = (number: number, digits: number) => number.toString(16).padStart(digits, '0');

/** Ids that look like the real ones and come out the same for the same seed. */
export function makeIds({ newId }: Pick<World, 'newId'>) {
  return {
    paymentId: () => `pay_${hex(newId(), 32)}`,
    eventId: () => `00000000-0000-7000-8000-${hex(newId(), 12)}`,
    token: () => `token-${newId()}`,
  };
}
