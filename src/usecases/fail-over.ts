import { StoreUnavailable } from '../domain/errors.ts';
import { type NotTaken, redriveOrder } from '../domain/failover.ts';
import type { ChargePermit, GuardedProvider } from '../domain/gate.ts';
import type { PayCommand } from '../domain/gateway.ts';
import { currentAttempt } from '../domain/payment.ts';
import type { Clock } from '../domain/ports.ts';
import type { PaymentProvider } from '../domain/provider.ts';
import type { ReferenceKeys } from '../domain/secrets.ts';
import type { Timing } from '../domain/settings.ts';
import type { Handover, HeldPayment, PaymentStore } from '../domain/store.ts';
import type { Logger, Metrics } from '../domain/telemetry.ts';
import { dispatchFact, heardFact, heardFromCharge } from '../domain/timeline.ts';
import { type BegunDispatch, routeTo, termsOf } from './begin-dispatch.ts';
import type { FreeUnsent } from './free-unsent.ts';
import { makeLink } from './link-facts.ts';
import { NOTHING_SENT, unavailable } from './unavailable.ts';

export interface FailOverDeps {
  store: Pick<PaymentStore, 'handOver'>;
  gateFor(provider: string, market: string): GuardedProvider | undefined;
  references: ReferenceKeys;
  clock: Pick<Clock, 'monotonicMs'>;
  timing: Timing;
  freeUnsent: FreeUnsent;
  metrics: Metrics;
  logger: Logger;
}

/** A dispatch at another provider, committed, and a place there. The permit is the caller's to release. */
export interface Onward {
  permit: ChargePermit;
  begun: BegunDispatch;
}

/** null: the payment stays where it is, and its outcome there is still to be recorded. */
export type FailOver = (
  command: PayCommand,
  begun: BegunDispatch,
  outcome: NotTaken,
  at: Date,
) => Promise<Onward | null>;

/**
 * Goes to the next provider after a dispatch that surely never left. The end of that one and the intent of the next
 * are one commit under the payment's fence; nothing is sent unless it was seen. Each provider once in a request.
 */
export function makeFailOver(deps: FailOverDeps): FailOver {
  const { store, references, clock, timing, metrics, logger } = deps;
  const { resolvesInMs, ...lease } = termsOf(timing);

  return async function failOver(command, begun, outcome, at) {
    // What an earlier dispatch may have sent ties the payment, however surely this one never left.
    if (begun.mayHaveLeft || !hasTime(command)) return null;
    const next = await admitNext(command, begun);
    if (next === null) return null;
    const { permit, provider } = next;
    const begunAtMs = clock.monotonicMs();
    const held = await handOver(command, begun, { outcome, at, provider }).catch(
      (error: unknown) => {
        permit.release();
        throw error;
      },
    );
    if (held === null) {
      permit.release();
      return null;
    }
    const from = begun.held.payment.provider;
    metrics.failover({ provider: from, market: command.market, to: provider.name });
    const tried = [...begun.tried, provider.name];
    return { permit, begun: { held, at: held.heldAt, begunAtMs, mayHaveLeft: false, tried } };
  };

  /** Without it, a commit more would only end in "no time left" at the next provider. */
  function hasTime({ arrivedAtMs }: PayCommand): boolean {
    return clock.monotonicMs() + timing.providerTotalMs <= arrivedAtMs + timing.handlerMs;
  }

  async function admitNext(
    { provider, market, failover }: PayCommand,
    { held, tried }: BegunDispatch,
  ): Promise<{ permit: ChargePermit; provider: PaymentProvider } | null> {
    const standing = { provider: held.payment.provider, mayHaveLeft: false };
    for (const name of redriveOrder(standing, [provider, ...failover])) {
      const gate = tried.includes(name) ? undefined : deps.gateFor(name, market);
      if (!gate || gate.chargeRefusal()) continue;
      const permit = await gate.admitCharge();
      if (permit.admitted) return { permit, provider: gate.provider };
    }
    return null;
  }

  async function handOver(
    command: PayCommand,
    { held }: BegunDispatch,
    { outcome, at, provider }: { outcome: NotTaken; at: Date; provider: PaymentProvider },
  ): Promise<HeldPayment | null> {
    const { payment, fence, timeline } = held;
    const { requestId, traceparent } = command;
    const route = routeTo(provider, command, references);
    const facts = [
      heardFact(heardFromCharge(outcome, at)),
      dispatchFact({ ...route, requestId }, at),
    ];
    const link = makeLink(payment.id, timeline, facts);
    const ended = { reason: outcome.reason, at };
    const told = { requestId, traceparent, link, resolvesInMs };
    const handover: Handover = { route, ended, ...lease, ...told };
    try {
      return await store.handOver(payment.id, fence, handover);
    } catch (error) {
      if (error instanceof StoreUnavailable && error.fate === 'unknown') {
        // If it was not committed, the fence is still ours and free; if it was, the sweep asks the next provider.
        deps.freeUnsent(payment.id, fence, timeline, currentAttempt(payment).number);
        throw unavailable(error, NOTHING_SENT);
      }
      logger.warn('a payment could not go to another provider', { paymentId: payment.id, error });
      return null;
    }
  }
}
