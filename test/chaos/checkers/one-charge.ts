import { type Checker, chargesOf } from './checker.ts';

/** The first promise of all: at most one charge per merchant and key. */
export const oneCharge: Checker = {
  name: 'one charge per key',
  check: (facts) =>
    facts.keys.flatMap((known) => {
      const { key, invokes } = known;
      const taken = chargesOf(facts, known);
      const posts = taken.reduce((sum, { requests }) => sum + requests, 0);
      if (taken.length > 1) return [{ says: `${key} was charged ${taken.length} times`, key }];
      // Nobody but the merchant's own requests may send a charge, and again after a 401 alone.
      if (posts > 2 * invokes)
        return [{ says: `${key}: ${invokes} requests, ${posts} charges sent`, key }];
      return [];
    }),
};
