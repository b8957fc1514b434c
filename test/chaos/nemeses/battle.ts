import { setTimeout as sleep } from 'node:timers/promises';
import type { Arena } from '../arena.ts';
import type { ProviderFaults } from './provider-faults.ts';

/** What one lane of a run works with; lanes share the arena, and each has a stream of chance of its own. */
export interface Battle {
  arena: Arena;
  random: () => number;
  faults: ProviderFaults;
  /** Notes harm that was done. */
  count(what: string, n?: number): void;
  /** Notes a promise that was broken on the way. */
  problem(says: string): void;
  /** Takes one that nobody else harms at this moment, for as long as `use` runs; false when all are taken. */
  hold<T extends object>(
    candidates: readonly T[],
    use: (one: T) => Promise<void>,
  ): Promise<boolean>;
}

/** One kind of harm. It is healed when `strike` resolves, and also when it rejects. */
export interface Nemesis {
  readonly name: string;
  /** For `--help`. */
  readonly does: string;
  strike(battle: Battle): Promise<void>;
}

export function makeHold(busy: Set<object>, random: () => number): Battle['hold'] {
  return async (candidates, use) => {
    const free = candidates.filter((one) => !busy.has(one));
    const one = free[Math.floor(random() * free.length)];
    if (one === undefined) return false;
    busy.add(one);
    try {
      await use(one);
    } finally {
      busy.delete(one);
    }
    return true;
  };
}

/** Between the two, from the lane's own chance. */
export function within(random: () => number, fromMs: number, toMs: number): number {
  return Math.round(fromMs + random() * (toMs - fromMs));
}

export async function waitWithin({ random }: Battle, fromMs: number, toMs: number): Promise<void> {
  await sleep(within(random, fromMs, toMs));
}

export function oneOf<T>(random: () => number, all: readonly T[]): T {
  return all[Math.floor(random() * all.length)] as T;
}
