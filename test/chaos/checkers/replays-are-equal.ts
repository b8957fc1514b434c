import type { Checker } from './checker.ts';

/** IDM-6: a key that was answered answers the same bytes, and says that it does so again. */
export const replaysAreEqual: Checker = {
  name: 'replays are equal',
  check: ({ replays }) =>
    replays.flatMap(({ key, first, again }) => {
      if (!again.replayed) return [{ says: `${key} was answered anew: ${again.text}`, key }];
      if (again.status === first.status && again.text === first.text) return [];
      return [{ says: `${key}: ${first.text} became ${again.text}`, key }];
    }),
};
