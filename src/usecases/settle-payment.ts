import { type Decision, NOTHING } from '../domain/decision.ts';
import type { FeeSource } from '../domain/fee.ts';
import type { GuardedProvider } from '../domain/gate.ts';
import { currentAttempt } from '../domain/payment.ts';
import type { Clock } from '../domain/ports.ts';
import type { StatusOutcome } from '../domain/provider.ts';
import type { Timing } from '../domain/settings.ts';
import { close, closesUnasked, decideSettlement } from '../domain/settlement.ts';
import type { HeldPayment, PaymentStore } from '../domain/store.ts';
import type { Logger, Metrics } from '../domain/telemetry.ts';
import { heardFromQuery } from '../domain/timeline.ts';
import type { makeDecisionWriter } from './write-decision.ts';

export interface SettlePaymentDeps {
  store: Pick<PaymentStore, 'apply'>;
  gateFor(provider: string, market: string): GuardedProvider | undefined;
  write: ReturnType<typeof makeDecisionWriter>;
  /** Without it nothing is kept of a payment. */
  fees?: FeeSource;
  clock: Pick<Clock, 'monotonicMs'>;
  random(): number;
  timing: Timing;
  metrics: Metrics;
  logger: Logger;
}

/**
 * Asks the provider how a payment stands and writes what follows, under the fence that is held. Sweeping,
 * settling, following a hint and closing are the same steps; `domain/settlement.ts` knows the difference.
 * No transaction is open while the provider is asked.
 */
export function makeSettlePayment(deps: SettlePaymentDeps) {
  const { store, timing, clock, metrics, logger } = deps;

  return async function settlePayment(held: HeldPayment): Promise<void> {
    const startedAtMs = clock.monotonicMs();
    const unasked = closesUnasked(held, timing);
    const heard = unasked ? null : await ask(held);
    const decision = heard === null ? close() : decideSettlement(held, heard, timing, deps.random);
    const fee = decision.capture ? ((await deps.fees?.feeOf(held.payment)) ?? null) : null;
    const elapsedMs = clock.monotonicMs() - startedAtMs;
    const at = new Date(held.heldAt.getTime() + elapsedMs);
    // What was not asked at all, or at a callback's wish, uses up none of the schedule.
    const evidence = heard && heardFromQuery(heard, at);
    const statusQueries = evidence && !held.byHint ? 1 : 0;
    const written = deps.write(held, decision, { evidence, statusQueries }, at, fee);
    const result = await store.apply(written.move);
    metrics.workerProcessing('settle', elapsedMs / 1_000);
    if (result === 'lost') return;
    report(held, decision);
  };

  async function ask({ payment }: HeldPayment): Promise<StatusOutcome> {
    // If a request of any attempt may have left, then of this one: no other was tried after it.
    const { provider, market, providerReference } = currentAttempt(payment);
    const gate = deps.gateFor(provider, market);
    if (!gate) return { kind: 'unclear', failure: false, reason: 'provider-not-configured' };
    const query = { reference: providerReference, currency: payment.currency };
    return await gate.queryStatus(query, { timeoutMs: timing.providerTotalMs });
  }

  function report({ payment, traceparent }: HeldPayment, decision: Decision): void {
    const traceId = traceparent.slice(3, 35);
    const { id: paymentId, provider, market } = payment;
    if (decision.status) {
      metrics.payment({ provider, market, status: decision.status });
      const { status } = decision;
      logger.info('payment settled', { paymentId, traceId, provider, market, status });
    } else if (decision.attempt !== NOTHING.attempt) {
      logger.info('a dispatch was proved not taken', { paymentId, traceId, provider, market });
    }
    if (decision.discrepancy) {
      const { kind } = decision.discrepancy;
      logger.error('discrepancy', { paymentId, traceId, provider, market, discrepancy: kind });
    }
  }
}
