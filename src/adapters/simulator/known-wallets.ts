/** Wallets whose outcome is known without any control call: the provider's prefix and one digit. */
import type { DeclineReason, Fate } from '../../domain/simulator.ts';
import type { Fault } from './fault-plan.ts';

export type KnownWallet =
  /** Taken, and fails for this reason when it settles. */
  | { kind: 'fails'; reason: DeclineReason }
  | { kind: 'fate'; fate: Fate }
  /** Goes wrong at the charge itself. */
  | { kind: 'fault'; fault: Fault };

const WALLETS: Record<string, KnownWallet> = {
  1: { kind: 'fails', reason: 'insufficient-funds' },
  2: { kind: 'fails', reason: 'limit-exceeded' },
  3: { kind: 'fails', reason: 'payer-not-found' },
  4: { kind: 'fails', reason: 'payer-rejected' },
  5: { kind: 'fails', reason: 'payer-timeout' },
  6: { kind: 'fate', fate: { kind: 'stays-pending' } },
  7: { kind: 'fate', fate: { kind: 'succeeds', afterMs: 15_000 } },
  8: { kind: 'fault', fault: { fault: 'decline', delayMs: 0, reason: 'payer-not-allowed' } },
  9: {
    kind: 'fault',
    fault: { fault: 'timeout-after', delayMs: 0, reason: 'insufficient-funds' },
  },
};

/** What is known of the wallet `msisdn`, where `prefix` and one digit are the known ones. */
export function knownWallet(msisdn: string, prefix: string): KnownWallet | undefined {
  if (msisdn.length !== prefix.length + 1 || !msisdn.startsWith(prefix)) return undefined;
  return WALLETS[msisdn.slice(prefix.length)];
}
