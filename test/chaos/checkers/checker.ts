import type { Facts, KeyFacts } from '../facts.ts';

export interface Violation {
  says: string;
  /** What the report then tells more about. */
  key?: string;
  paymentId?: string;
}

/** One promise, held against what everybody believes. */
export interface Checker {
  readonly name: string;
  check(facts: Facts): Violation[];
}

type Charges = Facts['charges'];

/** Made once for each list: there are thousands of keys. */
const byAmount = new WeakMap<Charges, Map<string, Charges[number][]>>();

/** Each key has an amount of its own, so this needs nothing that the gateway made up. */
export function chargesOf({ charges }: Pick<Facts, 'charges'>, { amount }: KeyFacts): Charges {
  let groups = byAmount.get(charges);
  if (!groups) {
    groups = Map.groupBy(charges, (charge) => Number(charge.amount).toFixed(2));
    byAmount.set(charges, groups);
  }
  return groups.get(amount) ?? [];
}
