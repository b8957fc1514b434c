/**
 * A provider behind its breakers and bulkheads: one pair for charges, another for status queries
 * (BRK-1).
 */
import type { GuardedProvider } from '../../domain/gate.ts';
import type { Clock } from '../../domain/ports.ts';
import type { ChargeOutcome, PaymentProvider, StatusOutcome } from '../../domain/provider.ts';
import type { BreakerTiming } from '../../domain/settings.ts';
import type { Logger, Metrics } from '../../domain/telemetry.ts';
import type { BulkheadLimits } from './bulkhead.ts';
import { makeOperationGate } from './operation-gate.ts';
import type { OutcomeWords } from './place.ts';
import type { RetryBudget } from './retry-budget.ts';
import { makeStatusQuery } from './status-query.ts';

export interface GuardedProviderOptions {
  /** Stays its maker's: `close()` of the guard does not close it. */
  provider: PaymentProvider;
  timing: BreakerTiming;
  bulkhead: { charge: BulkheadLimits; status: BulkheadLimits };
  /** One for the whole process. */
  retryBudget: RetryBudget;
  clock: Clock;
  metrics: Metrics;
  logger: Logger;
  /**
   * A charge permit that is neither used nor released for this long is taken back, its probe too.
   * Longer than any handler lives. @default 15_000
   */
  permitMs?: number;
  /** @default Math.random */
  random?: () => number;
}

const CHARGE_WORDS: OutcomeWords<ChargeOutcome> = {
  notSent: (reason) => ({
    kind: 'not_taken',
    failure: false,
    cause: 'not-sent',
    reason,
    providerCode: null,
  }),
  lost: (reason) => ({ kind: 'unknown', failure: true, reason }),
  isEvidence: (outcome) => outcome.kind !== 'not_taken' || outcome.cause !== 'not-sent',
};

const STATUS_WORDS: OutcomeWords<StatusOutcome> = {
  notSent: (reason) => ({ kind: 'unclear', failure: true, reason }),
  lost: (reason) => ({ kind: 'unclear', failure: true, reason }),
  isEvidence: () => true,
};

export function makeGuardedProvider(options: GuardedProviderOptions): GuardedProvider {
  const { provider, bulkhead, retryBudget, clock } = options;
  const { permitMs = 15_000, random = Math.random } = options;
  const { name, market } = provider;
  const shared = { ...options, permitMs, random };

  const charges = makeOperationGate<ChargeOutcome>({
    ...shared,
    labels: Object.freeze({ provider: name, market, operation: 'charge' as const }),
    bulkhead: bulkhead.charge,
    words: CHARGE_WORDS,
  });
  const statuses = makeOperationGate<StatusOutcome>({
    ...shared,
    labels: Object.freeze({ provider: name, market, operation: 'status' as const }),
    bulkhead: bulkhead.status,
    words: STATUS_WORDS,
  });

  return {
    provider,
    refusesCharges: charges.refuses,
    chargeRefusal: charges.refusal,
    async admitCharge() {
      const place = await charges.admit();
      if (!place.admitted) return place;
      return {
        admitted: true,
        charge: (request, { timeoutMs }) =>
          place.run(() => {
            retryBudget.recordCall();
            return provider.charge(request, { timeoutMs });
          }, timeoutMs),
        release: place.release,
      };
    },
    queryStatus: makeStatusQuery({ provider, gate: statuses, retryBudget, clock, random }),
    health: () => ({ charge: charges.health(), status: statuses.health() }),
    async close() {
      charges.close();
      statuses.close();
    },
  };
}
