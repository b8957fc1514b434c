import type { Checker } from './checker.ts';

/** What was wrong while it happened: a 500, another answer to the same key, a copy that would not go. */
export const clientsAreServed: Checker = {
  name: 'clients are served',
  check: ({ problems }) => problems.map((says) => ({ says })),
};
