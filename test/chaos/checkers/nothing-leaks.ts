import type { Checker } from './checker.ts';

/** SEC-10: no log line and no message shows a secret, a token or a wallet's digits. */
export const nothingLeaks: Checker = {
  name: 'nothing leaks',
  check: ({ leaks, logLines }) => [
    ...leaks.map((says) => ({ says })),
    ...(logLines === 0 ? [{ says: 'no log was read' }] : []),
  ],
};
