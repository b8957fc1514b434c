import { type Checker, chargesOf } from './checker.ts';

/** IDM-8: where each request of a key was refused, by a 5xx of ours too, no money may have moved. */
export const refusalsMovedNothing: Checker = {
  name: 'refusals moved nothing',
  check: (facts) =>
    facts.keys.flatMap((known) => {
      const { key, oks, fails, infos } = known;
      const isDecided = oks.length === 0 && infos === 0 && fails.length > 0;
      if (!isDecided || chargesOf(facts, known).length === 0) return [];
      return [{ says: `${key} was charged, though it heard only: ${fails.join(', ')}`, key }];
    }),
};
