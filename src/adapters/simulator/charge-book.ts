/** What the providers themselves believe: every charge that they have taken, oldest first. */
import { type SimulatedCharge, statusAt } from '../../domain/simulator.ts';
import type { Logger } from '../../domain/telemetry.ts';
import type { ChargeLog } from './charge-log.ts';

/** About 1 KiB each in memory: 1,000,000 charges are the most that a small machine should hold. */
export const MAX_CHARGES = 1_000_000;
/** References that were posted and not taken; beyond this the oldest is forgotten. */
const MAX_UNTAKEN = 100_000;
/** How far a full book looks for a settled charge before it drops the oldest one as it is. */
const EVICTION_SCAN = 1_000;

export interface ChargeBook {
  /** Counts a POST with this reference; the charge is the one already taken with it, if any. */
  notePost(provider: string, reference: string): SimulatedCharge | undefined;
  find(provider: string, reference: string): SimulatedCharge | undefined;
  /** The caller has seen that the reference is not taken. Sets `requests`. */
  add(charge: SimulatedCharge): void;
  all(): MapIterator<SimulatedCharge>;
  count(): number;
  clear(): void;
}

const keyOf = (provider: string, reference: string) => `${provider} ${reference}`;

export interface ChargeBookOptions {
  /** Charges of an earlier run, oldest first. */
  charges?: SimulatedCharge[];
  log: ChargeLog | null;
  nowMs: () => number;
  /** @default MAX_CHARGES */
  maxCharges?: number;
  logger?: Logger | undefined;
}

export function makeChargeBook(options: ChargeBookOptions): ChargeBook {
  const { log, nowMs, maxCharges = MAX_CHARGES, logger } = options;
  const charges = new Map<string, SimulatedCharge>();
  const untaken = new Map<string, number>();
  let saidFull = false;

  function makeRoom() {
    if (charges.size < maxCharges) return;
    if (!saidFull) logger?.warn('the simulators forget their oldest charges', { maxCharges });
    saidFull = true;
    const settled = charges
      .entries()
      .take(EVICTION_SCAN)
      .find(([, charge]) => statusAt(charge, nowMs()) !== 'PENDING');
    const victim = settled ?? charges.entries().next().value;
    if (victim !== undefined) charges.delete(victim[0]);
  }

  function countUntaken(key: string) {
    const count = (untaken.get(key) ?? 0) + 1;
    if (count === 1 && untaken.size >= MAX_UNTAKEN) {
      untaken.delete(untaken.keys().next().value ?? '');
    }
    untaken.set(key, count);
  }

  for (const charge of options.charges ?? []) {
    charges.set(keyOf(charge.provider, charge.reference), charge);
  }

  return {
    notePost(provider, reference) {
      const key = keyOf(provider, reference);
      const charge = charges.get(key);
      if (charge === undefined) {
        countUntaken(key);
        return undefined;
      }
      charge.requests += 1;
      log?.append(charge);
      return charge;
    },
    find: (provider, reference) => charges.get(keyOf(provider, reference)),
    add(charge) {
      const key = keyOf(charge.provider, charge.reference);
      makeRoom();
      charge.requests = untaken.get(key) ?? 1;
      untaken.delete(key);
      charges.set(key, charge);
      log?.append(charge);
      if (log?.isOverlong(charges.size)) log.rewrite(charges.values());
    },
    all: () => charges.values(),
    count: () => charges.size,
    clear() {
      charges.clear();
      untaken.clear();
      log?.rewrite([]);
    },
  };
}
