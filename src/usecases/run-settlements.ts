import type { Clock } from '../domain/ports.ts';
import type { HeldPayment, PaymentStore } from '../domain/store.ts';
import type { Logger } from '../domain/telemetry.ts';

export interface RunSettlementsDeps {
  store: Pick<PaymentStore, 'claimDue'>;
  settle(held: HeldPayment): Promise<void>;
  clock: Pick<Clock, 'sleep'>;
  logger: Logger;
  /** How long a claimed payment is ours: a status query with its retries, and the write. */
  leaseMs: number;
  /** Status queries of this process at once. @default 128 */
  concurrency?: number;
  /** Pause when nothing is due. @default 100 */
  idleMs?: number;
  /** Pause after the store failed. @default 1000 */
  troubleMs?: number;
}

/** Below this many free places a claim is not worth its statement. */
const LEAST_CLAIM = 16;

/** Claims due payments and settles each, until it is closed. A payment in hand is finished first. */
export function startSettlements(deps: RunSettlementsDeps) {
  const { store, settle, clock, logger, leaseMs } = deps;
  const { concurrency = 128, idleMs = 100, troubleMs = 1_000 } = deps;
  const leastClaim = Math.min(LEAST_CLAIM, concurrency);
  const stopping = new AbortController();
  const inHand = new Set<Promise<void>>();

  async function settleOne(held: HeldPayment): Promise<void> {
    try {
      await settle(held);
    } catch (error) {
      // Its lease runs out and it is due again: nothing is lost, only late.
      logger.error('a settlement failed', { paymentId: held.payment.id, error });
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const free = concurrency - inHand.size;
      if (free < leastClaim) {
        await Promise.race(inHand);
        continue;
      }
      const due = await claim(free);
      for (const held of due ?? []) {
        const work = settleOne(held).finally(() => inHand.delete(work));
        inHand.add(work);
      }
      if (due === null) await clock.sleep(troubleMs, stopping.signal);
      else if (due.length === 0) await clock.sleep(idleMs, stopping.signal);
    }
    await Promise.all(inHand);
  }

  async function claim(limit: number): Promise<HeldPayment[] | null> {
    try {
      return await store.claimDue(limit, leaseMs);
    } catch (error) {
      logger.warn('due payments could not be claimed', { error });
      return null;
    }
  }

  const running = run();
  return {
    async close(): Promise<void> {
      stopping.abort();
      await running;
    },
  };
}
