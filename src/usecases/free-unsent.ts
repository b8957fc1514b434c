import { decideOutcome } from '../domain/decision.ts';
import { resolvesInMs } from '../domain/outcome.ts';
import type { Clock } from '../domain/ports.ts';
import type { ChargeOutcome } from '../domain/provider.ts';
import type { Timing } from '../domain/settings.ts';
import type { Move, PaymentStore } from '../domain/store.ts';
import type { Logger } from '../domain/telemetry.ts';
import { heardFact, heardFromCharge, type TimelineHead } from '../domain/timeline.ts';
import { makeLink } from './link-facts.ts';

/** Remembers that nothing was sent under this fence, and says so to the store as soon as it answers. */
export type FreeUnsent = (
  paymentId: string,
  fence: bigint,
  timeline: TimelineHead,
  attemptNumber: number,
) => void;

interface Unsent {
  fence: bigint;
  /** Where the timeline ends if the commit in doubt has come to be. */
  timeline: TimelineHead;
  attemptNumber: number;
  giveUpAtMs: number;
}

export interface FreeUnsentDeps {
  store: Pick<PaymentStore, 'apply'>;
  clock: Pick<Clock, 'sleep' | 'monotonicMs' | 'now'>;
  timing: Timing;
  /** A statement whose connection was lost may still commit this long after. */
  settleMs: number;
  logger: Logger;
}

/** More than this many are left to the sweeper, which finds the same by asking the provider. */
const MAX_REMEMBERED = 10_000;
const RETRY_MS = 500;
const PARALLEL = 50;

/**
 * A commit whose result was lost before a dispatch leaves a key that answers 409 until the sweeper has asked
 * the provider twice. This process knows better: nothing was sent. It writes `not_taken` under its fence,
 * so that the key is free as soon as the store is back.
 */
export function makeFreeUnsent({ store, clock, timing, settleMs, logger }: FreeUnsentDeps) {
  const pending = new Map<string, Unsent>();
  const stopped = new AbortController();
  let running: Promise<void> | null = null;

  const freeUnsent: FreeUnsent = (paymentId, fence, timeline, attemptNumber) => {
    if (pending.size >= MAX_REMEMBERED || stopped.signal.aborted) return;
    const giveUpAtMs = Number.POSITIVE_INFINITY;
    pending.set(paymentId, { fence, timeline, attemptNumber, giveUpAtMs });
    running ??= run().finally(() => {
      running = null;
    });
  };

  async function run(): Promise<void> {
    while (pending.size > 0 && !stopped.signal.aborted) {
      await clock.sleep(RETRY_MS, stopped.signal);
      await freeAll();
    }
  }

  /** Those that never came to be must not keep the others waiting, so a round asks for all of them. */
  async function freeAll(): Promise<void> {
    const entries = [...pending];
    for (let start = 0; start < entries.length; start += PARALLEL) {
      const batch = entries.slice(start, start + PARALLEL);
      const answered = await Promise.all(batch.map(([id, entry]) => free(id, entry)));
      if (answered.includes(false) || stopped.signal.aborted) return;
    }
  }

  /** False when the store is still away: the next round tries again. */
  async function free(paymentId: string, entry: Unsent): Promise<boolean> {
    try {
      const result = await store.apply(notSent(paymentId, entry, clock.now(), timing));
      const now = clock.monotonicMs();
      // No row may mean that its commit is still under way: look again until it cannot be any more.
      if (entry.giveUpAtMs === Number.POSITIVE_INFINITY) entry.giveUpAtMs = now + settleMs;
      if (result === 'lost' && now < entry.giveUpAtMs) return true;
      pending.delete(paymentId);
      if (result === 'written') logger.info('freed a key whose intent was in doubt', { paymentId });
      return true;
    } catch {
      return false;
    }
  }

  return {
    freeUnsent,
    async close(): Promise<void> {
      stopped.abort();
      await running;
    },
  };
}

function notSent(paymentId: string, unsent: Unsent, now: Date, timing: Timing): Move {
  const { fence, timeline, attemptNumber } = unsent;
  const outcome: ChargeOutcome = {
    kind: 'not_taken',
    failure: false,
    cause: 'not-sent',
    reason: 'store-unavailable',
    providerCode: null,
  };
  const { attempt, nextCheckInMs } = decideOutcome(outcome, timing.closeAfterMs);
  const heard = heardFromCharge(outcome, now);
  const standing = { status: 'RECEIVED', nextCheckInMs: timing.closeAfterMs } as const;
  const begun = { statusQueries: 0, graceLeftMs: 0, sinceDispatchMs: 0 };
  return {
    paymentId,
    fence,
    attemptNumber,
    status: null,
    failure: null,
    attempt,
    notFoundCount: 0,
    statusQueries: 0,
    nextCheckInMs,
    answer: null,
    at: null,
    messages: [],
    posting: null,
    discrepancy: null,
    link: makeLink(paymentId, timeline, [heardFact(heard)]),
    hintsTold: null,
    evidence: [heard],
    resolvesInMs: resolvesInMs({ ...standing, ...begun }, timing),
  };
}
