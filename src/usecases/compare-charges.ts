import { readAmount } from '../domain/money.ts';

/** What a provider itself says that it took. */
export interface TakenCharge {
  provider: string;
  reference: string;
  amount: string;
  currency: string;
  status: 'PENDING' | 'SUCCEEDED' | 'FAILED';
}

export interface KnownCharge {
  id: string;
  provider: string;
  providerReference: string;
  status: string;
  amountMinor: bigint;
  currency: string;
  /** False where the payment went on to another provider: nothing was sent there. */
  isCurrent: boolean;
}

export interface ChargeDisagreement {
  rule: string;
  subject: string;
  detail: string;
}

/**
 * The provider's list against ours, both ways. While payments are under way the two may differ for a
 * moment: compare when nothing moves.
 */
export function compareCharges(
  taken: readonly TakenCharge[],
  known: readonly KnownCharge[],
): ChargeDisagreement[] {
  const found: ChargeDisagreement[] = [];
  const say = (rule: string, subject: string, detail: string) =>
    found.push({ rule, subject, detail });
  const keyOf = (provider: string, reference: string) => `${provider} ${reference}`;
  const ours = new Map(known.map((one) => [keyOf(one.provider, one.providerReference), one]));
  const seen = new Set<string>();

  for (const charge of taken) {
    const key = keyOf(charge.provider, charge.reference);
    const payment = ours.get(key);
    if (seen.has(key)) say('a reference is charged once', key, 'the provider lists it twice');
    seen.add(key);
    if (!payment) {
      say('every charge has a payment', key, `taken: ${charge.amount} ${charge.currency}`);
      continue;
    }
    if (!payment.isCurrent) {
      say('no charge where a payment went on from', payment.id, `${key} is ${charge.status}`);
      continue;
    }
    const amountMinor = readAmount(charge.amount, charge.currency);
    if (charge.currency !== payment.currency || amountMinor !== payment.amountMinor) {
      say(
        'charge and payment are of one amount',
        payment.id,
        `${charge.amount} ${charge.currency}`,
      );
    }
    const contradicts =
      (payment.status === 'FAILED' && charge.status !== 'FAILED') ||
      (payment.status === 'SUCCEEDED' && charge.status !== 'SUCCEEDED');
    if (contradicts) {
      const detail = `payment ${payment.status}, charge ${charge.status}`;
      say('a final state is what the provider says', payment.id, detail);
    }
  }
  for (const [key, payment] of ours) {
    if (payment.status === 'SUCCEEDED' && payment.isCurrent && !seen.has(key)) {
      say('a SUCCEEDED payment has a charge', payment.id, 'the provider does not list it');
    }
  }
  return found;
}
