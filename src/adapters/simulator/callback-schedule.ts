/** Which callbacks a charge gets and when: one at its settlement, or what a fault makes of it. */
import {
  type ChargeStatus,
  finalStatus,
  type ProviderWire,
  type SimulatedCharge,
} from '../../domain/simulator.ts';
import type { CallbackSender } from './callback-sender.ts';
import type { FaultEngine } from './fault-engine.ts';
import type { Timers } from './timers.ts';

/** An early callback holds the charge's own answer back for this long at most. */
const MAX_EARLY_MS = 1_000;

export interface CallbackSchedule {
  /**
   * Called when a charge is taken. The promise, if any, resolves when the charge may be answered.
   */
  arrange(charge: SimulatedCharge): Promise<void> | undefined;
  /** Called after a restart, for a charge that is still pending. */
  resume(charge: SimulatedCharge): void;
}

export interface CallbackScheduleOptions {
  wire: ProviderWire;
  faults: FaultEngine;
  sender: CallbackSender;
  timers: Timers;
  nowMs: () => number;
  /** False once the charge was forgotten by a reset: nothing more is said about it. */
  isKnown: (charge: SimulatedCharge) => boolean;
}

export function makeCallbackSchedule(options: CallbackScheduleOptions): CallbackSchedule {
  const { wire, faults, sender, timers, nowMs, isKnown } = options;

  function send(charge: SimulatedCharge, statuses: ChargeStatus[], forged = false): Promise<void> {
    const callbacks = statuses.map((status) => wire.callback(charge, { status, forged }));
    return sender.send(callbacks.filter((callback) => callback !== null));
  }

  function onSettlement(charge: SimulatedCharge, statuses: ChargeStatus[], lateMs = 0) {
    if (charge.settlesAtMs === null) return;
    const delayMs = Math.max(0, charge.settlesAtMs - nowMs()) + lateMs;
    timers.after(delayMs, () => {
      if (isKnown(charge)) void send(charge, statuses);
    });
  }

  async function sendEarly(charge: SimulatedCharge): Promise<void> {
    const limit = Promise.withResolvers<void>();
    const cancel = timers.after(MAX_EARLY_MS, limit.resolve);
    await Promise.race([send(charge, [finalStatus(charge)]), limit.promise]);
    cancel();
  }

  return {
    arrange(charge) {
      if (charge.callbackUrl === null) return undefined;
      const final = finalStatus(charge);
      const fault = faults.pick(wire.name, 'callback', charge.msisdn);
      switch (fault?.fault) {
        case 'none':
          return undefined;
        case 'early':
          return sendEarly(charge);
        case 'twice':
          onSettlement(charge, [final, final]);
          return undefined;
        case 'late':
          onSettlement(charge, [final], fault.delayMs);
          return undefined;
        case 'forged':
          // A lie at once, while the charge is pending; the true one follows at its time.
          void send(charge, [final === 'FAILED' ? 'SUCCEEDED' : 'FAILED'], true);
          onSettlement(charge, [final]);
          return undefined;
        case 'out-of-order':
          onSettlement(charge, [final, 'PENDING']);
          return undefined;
        default:
          onSettlement(charge, [final]);
          return undefined;
      }
    },
    resume(charge) {
      if (charge.callbackUrl !== null) onSettlement(charge, [finalStatus(charge)]);
    },
  };
}
