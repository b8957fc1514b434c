import type { Facts } from '../facts.ts';
import type { Checker, Violation } from './checker.ts';

/** Every charge that a provider took belongs to a payment, of its amount and currency. */
export const chargesAreKnown: Checker = {
  name: 'charges are known',
  check(facts) {
    const ours = byReference(facts);
    return facts.charges.flatMap(({ provider, reference, amount, currency }): Violation[] => {
      const payment = ours.get(`${provider} ${reference}`);
      const exact = Number(amount).toFixed(2);
      if (!payment) return [{ says: `nobody knows the charge ${reference} of ${exact}` }];
      if (payment.amount === exact && payment.currency === currency) return [];
      const ordered = `${payment.amount} ${payment.currency}`;
      return [{ says: `${exact} ${currency} taken for ${ordered}`, paymentId: payment.id }];
    });
  },
};

function byReference({ payments }: Facts) {
  return new Map(
    [...payments.values()].flatMap((payment) =>
      payment.attempts.map(({ provider, reference }) => [`${provider} ${reference}`, payment]),
    ),
  );
}
