/**
 * Status queries may be repeated: they move no money. At most three tries, inside the budget and
 * the time.
 */
import type { Clock } from '../../domain/ports.ts';
import type { PaymentProvider, StatusOutcome } from '../../domain/provider.ts';
import type { OperationGate } from './operation-gate.ts';
import type { RetryBudget } from './retry-budget.ts';

export type QueryStatus = (
  query: { reference: string; currency: string },
  options: { timeoutMs: number },
) => Promise<StatusOutcome>;

export interface StatusQueryOptions {
  provider: PaymentProvider;
  gate: OperationGate<StatusOutcome>;
  retryBudget: RetryBudget;
  clock: Clock;
  random: () => number;
}

const MAX_TRIES = 3;
/** Full jitter: a random share of the base, doubled with each try, at most the cap. */
const BACKOFF_BASE_MS = 100;
const BACKOFF_CAP_MS = 1_000;
/** With less time than this left, another try would only time out. */
const MIN_TRY_MS = 100;

export function makeStatusQuery(deps: StatusQueryOptions): QueryStatus {
  const { provider, gate, retryBudget, clock, random } = deps;

  async function tryOnce(
    query: { reference: string; currency: string },
    endsAtMs: number,
    isFirst: boolean,
  ): Promise<StatusOutcome> {
    const place = await gate.admit(endsAtMs - clock.monotonicMs());
    if (!place.admitted) {
      return place.code === 'provider-unavailable'
        ? { kind: 'unclear', failure: true, reason: 'breaker-open' }
        : { kind: 'unclear', failure: false, reason: 'bulkhead-full' };
    }
    const timeoutMs = endsAtMs - clock.monotonicMs();
    return place.run(() => {
      if (isFirst) retryBudget.recordCall();
      return provider.queryStatus(query, { timeoutMs });
    }, timeoutMs);
  }

  return async (query, { timeoutMs }) => {
    const endsAtMs = clock.monotonicMs() + timeoutMs;
    let outcome = await tryOnce(query, endsAtMs, true);
    for (let tries = 1; tries < MAX_TRIES; tries += 1) {
      // A provider in trouble is not asked harder: outside the closed state each call stands alone.
      if (outcome.kind !== 'unclear' || !outcome.failure) break;
      if (gate.health().status !== 'OPERATIONAL') break;
      const delayMs = random() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** (tries - 1));
      if (endsAtMs - clock.monotonicMs() - delayMs < MIN_TRY_MS) break;
      if (!retryBudget.tryRetry()) break;
      await clock.sleep(delayMs);
      outcome = await tryOnce(query, endsAtMs, false);
    }
    return outcome;
  };
}
