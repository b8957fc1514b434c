import type { Checker } from './checker.ts';

/** Everything was told, and nothing was given up. */
export const outboxIsEmpty: Checker = {
  name: 'outbox is empty',
  check: ({ outboxPending, deadLetters }) => [
    ...(outboxPending > 0 ? [{ says: `${outboxPending} messages wait` }] : []),
    ...(deadLetters > 0 ? [{ says: `${deadLetters} dead letters` }] : []),
  ],
};
