/** The port between the use cases and a provider's breaker and bulkhead. */
import type { ChargeOutcome, ChargeRequest, PaymentProvider, StatusOutcome } from './provider.ts';

export interface Refusal {
  admitted: false;
  code: 'provider-unavailable' | 'provider-saturated';
  /** Integer seconds, at least 1: remaining open time, rounded up, with jitter. */
  retryAfterSeconds: number;
}

/** A place in the bulkhead and, in half-open, the one probe. Use it once or release it; both are idempotent. */
export interface ChargePermit {
  admitted: true;
  /** Runs the charge through the breaker. Never throws; outcomes count for the breaker by `failure`. */
  charge(request: ChargeRequest, options: { timeoutMs: number }): Promise<ChargeOutcome>;
  /** Gives the place back when no charge was sent. After `charge` it does nothing. */
  release(): void;
}

export interface OperationHealth {
  status: 'OPERATIONAL' | 'DEGRADED' | 'DOWN';
  since: Date;
  retryAfterSeconds: number | null;
}

/** One provider in one market, guarded. Breakers for `charge` and `status` are apart. */
export interface GuardedProvider {
  readonly provider: PaymentProvider;
  /** Whether `chargeRefusal` would refuse; counts nothing. */
  refusesCharges(): boolean;
  /** The answer when no call would be let through now; costs no allocation while open, no waiting. */
  chargeRefusal(): Refusal | null;
  /** Waits at most the queue deadline for a place in the bulkhead. */
  admitCharge(): Promise<ChargePermit | Refusal>;
  /** Status query through its own breaker and bulkhead, with at most 3 tries inside the retry budget. */
  queryStatus(
    query: { reference: string; currency: string },
    options: { timeoutMs: number },
  ): Promise<StatusOutcome>;
  health(): { charge: OperationHealth; status: OperationHealth };
  close(): Promise<void>;
}
