/** Decides which fault, if any, happens to a request: by rule, in order, with a seed. */
import type { Fault, FaultPlan, FaultRule, Operation } from './fault-plan.ts';

export interface FaultEngine {
  /** Counters and random numbers start afresh with each plan. */
  set(plan: FaultPlan): void;
  clear(): void;
  /**
   * `msisdn` is undefined where a request names no wallet: rules for one wallet then do not match.
   */
  pick(provider: string, operation: Operation, msisdn: string | undefined): Fault | undefined;
  /** How often each fault has happened since the start, whatever plan it was of. */
  fired(): Readonly<Record<string, number>>;
}

interface LiveRule {
  rule: FaultRule;
  /**
   * A stream of its own for each rule, so that one rule's requests do not move another's faults.
   */
  random: () => number;
  skipsLeft: number;
  timesLeft: number;
}

/**
 * mulberry32: 32 bits of state are plenty to decide about faults, and it is the same everywhere.
 */
function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function matches({ rule }: LiveRule, provider: string, operation: Operation, msisdn?: string) {
  if (rule.operation !== operation || rule.provider !== provider) return false;
  return rule.match.msisdn === undefined || rule.match.msisdn === msisdn;
}

function fires(live: LiveRule): boolean {
  if (live.timesLeft === 0) return false;
  if (live.skipsLeft > 0) {
    live.skipsLeft -= 1;
    return false;
  }
  if (live.random() >= live.rule.probability) return false;
  live.timesLeft -= 1;
  return true;
}

export function makeFaultEngine(): FaultEngine {
  let live: LiveRule[] = [];
  const counts: Record<string, number> = {};
  return {
    set({ seed, rules }) {
      live = rules.map((rule, index) => ({
        rule,
        random: seededRandom(Math.imul(seed, 0x9e3779b1) + index),
        skipsLeft: rule.skip,
        timesLeft: rule.times ?? Number.POSITIVE_INFINITY,
      }));
    },
    clear() {
      live = [];
    },
    pick(provider, operation, msisdn) {
      const rule = live.find(
        (one) => matches(one, provider, operation, msisdn) && fires(one),
      )?.rule;
      if (rule) {
        const name = `${operation} ${rule.fault}`;
        counts[name] = (counts[name] ?? 0) + 1;
      }
      return rule;
    },
    fired: () => ({ ...counts }),
  };
}
