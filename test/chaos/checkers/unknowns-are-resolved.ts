import type { Checker } from './checker.ts';

/** Whoever got no answer gets one in the end: told about a payment, or refused for good. */
export const unknownsAreResolved: Checker = {
  name: 'unknowns are resolved',
  check: ({ keys }) =>
    keys.flatMap(({ key, infos, oks, fails }) => {
      if (infos === 0 || oks.length > 0) return [];
      return [{ says: `${key} never learned what became of it: ${fails.at(-1)}`, key }];
    }),
};
