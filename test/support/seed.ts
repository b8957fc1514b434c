import type { TestContext } from 'node:test';

/**
 * The seed of a property test: a fresh one each run, printed, or the one to repeat in `FC_SEED`.
 */
export function propertySeed(t: TestContext): number {
  const seed = Number(process.env.FC_SEED ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`FC_SEED=${seed}`);
  return seed;
}
