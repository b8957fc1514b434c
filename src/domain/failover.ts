/** When a payment may go to another provider, and to which (AMB-2). Pure. */
import type { ChargeOutcome } from './provider.ts';
import type { KeyRow } from './store.ts';

/** By the operator of a wallet: the others that can take it, in order. */
export type FailoverOrders = Readonly<Record<string, readonly string[]>>;

export const NO_OTHERS: readonly string[] = Object.freeze([]);

export type NotTaken = Extract<ChargeOutcome, { kind: 'not_taken' }>;

/**
 * The one outcome after which another provider may be tried. A refusal in words is none: its bytes left, and what
 * it says may be wrong.
 */
export function neverLeft(outcome: ChargeOutcome): outcome is NotTaken {
  return outcome.kind === 'not_taken' && outcome.cause !== 'refused';
}

/**
 * Where the key of a payment of which nothing was taken may drive it, in this order: first those after the provider
 * that could not be reached, that one itself last. Once any request may have left, to that provider alone.
 */
export function redriveOrder(
  { provider, mayHaveLeft }: Pick<KeyRow, 'provider' | 'mayHaveLeft'>,
  order: readonly string[],
): readonly string[] {
  if (mayHaveLeft || order.length < 2) return [provider];
  const place = order.indexOf(provider);
  return [...order.slice(place + 1), ...order.slice(0, Math.max(0, place)), provider];
}
