import type { Checker } from './checker.ts';

/** LED-6: each transaction and each currency as a whole come to zero; captures are those of SUCCEEDED. */
export const ledgerBalances: Checker = {
  name: 'ledger balances',
  check: ({ unbalanced, payments }) => [
    ...unbalanced.map((what) => ({ says: `not balanced: ${what}` })),
    ...[...payments.values()]
      .filter(({ status, captured, amount }) =>
        status === 'SUCCEEDED' ? captured !== amount : captured !== null,
      )
      .map(({ id, status, captured }) => ({
        says: `${id} is ${status}, its capture ${captured}`,
        paymentId: id,
      })),
  ],
};
