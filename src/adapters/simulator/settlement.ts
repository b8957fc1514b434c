/** When and how a charge ends: by the provider's own magic numbers, by known wallet, or well. */
import type { ChargeOrder, Fate, ProviderWire, SimulatedCharge } from '../../domain/simulator.ts';
import { knownWallet } from './known-wallets.ts';

function fateOf(wire: ProviderWire, msisdn: string): Fate {
  const own = wire.fateOf(msisdn);
  if (own !== undefined) return own;
  const wallet = knownWallet(msisdn, wire.walletPrefix);
  if (wallet?.kind === 'fails') return { kind: 'fails', code: wire.codeOf(wallet.reason) };
  return wallet?.kind === 'fate' ? wallet.fate : { kind: 'succeeds' };
}

/** The charge that an order becomes when it is taken now. */
export function takeOrder(
  wire: ProviderWire,
  order: ChargeOrder,
  { nowMs, settleMs }: { nowMs: number; settleMs: number },
): SimulatedCharge {
  const fate = fateOf(wire, order.msisdn);
  const afterMs = fate.kind === 'succeeds' ? (fate.afterMs ?? settleMs) : settleMs;
  return {
    ...order,
    provider: wire.name,
    takenAtMs: nowMs,
    settlesAtMs: fate.kind === 'stays-pending' ? null : nowMs + afterMs,
    failureCode: fate.kind === 'fails' ? fate.code : null,
    requests: 1,
  };
}
