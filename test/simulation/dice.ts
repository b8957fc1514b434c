import { seededRandom } from '../support/messaging.ts';

/** All chance of a schedule comes from here: the same seed, the same schedule. */
export interface Dice {
  /** In [0, 1). */
  next(): number;
  chance(share: number): boolean;
  between(from: number, to: number): number;
  below(count: number): number;
  pick<T>(choices: readonly T[]): T;
}

export function makeDice(seed: number): Dice {
  const next = seededRandom(seed);
  const below = (count: number) => Math.floor(next() * count);
  return {
    next,
    chance: (share) => share > 0 && next() < share,
    between: (from, to) => from + next() * (to - from),
    below,
    pick: (choices) => choices[below(choices.length)] as (typeof choices)[number],
  };
}
