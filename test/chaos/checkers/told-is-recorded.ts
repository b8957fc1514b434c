import type { Facts, KeyFacts } from '../facts.ts';
import { type Checker, chargesOf, type Violation } from './checker.ts';

/** What a merchant was told exists in Postgres, in the ledger and at the provider, of one amount. */
export const toldIsRecorded: Checker = {
  name: 'told is recorded',
  check: (facts) => facts.keys.flatMap((known) => checkKey(facts, known)),
};

function checkKey(facts: Facts, known: KeyFacts): Violation[] {
  const { key, amount, oks } = known;
  const paymentId = oks[0]?.paymentId;
  if (paymentId === undefined) return [];
  const violation = (says: string): Violation => ({ says: `${key} ${says}`, key, paymentId });
  const ids = new Set(oks.map((ok) => ok.paymentId));
  if (ids.size > 1) return [violation(`is several payments: ${[...ids].join(', ')}`)];
  const payment = facts.payments.get(paymentId);
  if (!payment) return [violation('was answered, but has no payment')];
  const found: Violation[] = [];
  const [charge] = chargesOf(facts, known);
  const { status, captured, failureCode } = payment;
  if (payment.amount !== amount) found.push(violation(`is ${payment.amount}, not ${amount}`));
  if (status === 'SUCCEEDED') {
    if (captured !== amount) found.push(violation(`is SUCCEEDED, and its capture ${captured}`));
    if (charge?.status !== 'SUCCEEDED') {
      found.push(violation(`is SUCCEEDED, and its charge ${charge?.status}`));
    }
  } else if (captured !== null) found.push(violation(`is ${status}, but has a capture`));
  if (status === 'FAILED' && charge && charge.status !== 'FAILED') {
    found.push(violation(`is FAILED (${failureCode}), and its charge ${charge.status}`));
  }
  return found;
}
