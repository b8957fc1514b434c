import type { Checker } from './checker.ts';

/** Nothing is left unexplained: each payment is at its end, or waits for its merchant with nothing taken. */
export const paymentsRest: Checker = {
  name: 'payments rest',
  check: ({ payments, discrepancies }) => [
    ...[...payments.values()]
      .filter(({ status, attempts }) => {
        if (status === 'SUCCEEDED' || status === 'FAILED') return false;
        return status !== 'RECEIVED' || attempts.some(({ outcome }) => outcome !== 'not_taken');
      })
      .map(({ id, status }) => ({ says: `${id} is left ${status}`, paymentId: id })),
    ...discrepancies.map(({ paymentId, kind }) => ({
      says: `${paymentId} has a discrepancy: ${kind}`,
      paymentId,
    })),
  ],
};
