import { decideOutcome } from '../domain/decision.ts';
import { GatewayError } from '../domain/errors.ts';
import { type NotTaken, neverLeft } from '../domain/failover.ts';
import type { ChargePermit } from '../domain/gate.ts';
import type { AnswerRenderer, PayCommand } from '../domain/gateway.ts';
import { currentAttempt, type Payment, withCurrent } from '../domain/payment.ts';
import type { Clock, StoredAnswer } from '../domain/ports.ts';
import type { ChargeRequest } from '../domain/provider.ts';
import type { Timing } from '../domain/settings.ts';
import type { MoveResult, PaymentStore } from '../domain/store.ts';
import type { Logger, Metrics } from '../domain/telemetry.ts';
import { heardFromCharge } from '../domain/timeline.ts';
import type { BegunDispatch } from './begin-dispatch.ts';
import type { FailOver, Onward } from './fail-over.ts';
import type { FreeUnsent } from './free-unsent.ts';
import type { makeDecisionWriter, Written } from './write-decision.ts';

export interface DispatchDeps {
  store: Pick<PaymentStore, 'apply' | 'readKey'>;
  write: ReturnType<typeof makeDecisionWriter>;
  render: AnswerRenderer;
  clock: Pick<Clock, 'monotonicMs' | 'sleep'>;
  timing: Timing;
  /** Where the provider's callbacks about this payment go; null without a public address. */
  callbackUrl(provider: string, paymentId: string): string | null;
  keyHash(merchantId: string, key: string): Buffer;
  failOver: FailOver;
  freeUnsent: FreeUnsent;
  metrics: Metrics;
  logger: Logger;
}

export interface Dispatched {
  answer: StoredAnswer;
  replayed: boolean;
  /** False for the one answer that is given without a commit: its outcome could not be recorded. */
  stored: boolean;
}

export type Dispatch = (
  command: PayCommand,
  permit: ChargePermit,
  begun: BegunDispatch,
) => Promise<Dispatched>;

/** What must be left between the end of a charge and the end of the lease, for its record. */
const RECORD_MARGIN_MS = 250;
const REFUSED_RETRY_SECONDS = 2;
const OVERLOADED_RETRY_SECONDS = 1;
/** A reason of our own: without one, each abort makes an error with a stack that nobody reads. */
const ANSWERED = 'answered';
/** A record is given at least this long, even when the handler's deadline has nearly come. */
const LEAST_RECORD_MS = 500;

/** From the committed intent to the committed outcome. After the first byte only a refusal is a 5xx. */
export function makeDispatch(deps: DispatchDeps): Dispatch {
  const { store, clock, timing, metrics, logger } = deps;

  const dispatch: Dispatch = async (command, permit, begun) => {
    const outcome = hasTime(command, begun)
      ? await permit.charge(chargeRequest(command, begun), { timeoutMs: timing.providerTotalMs })
      : NO_TIME;
    const at = new Date(begun.at.getTime() + (clock.monotonicMs() - begun.begunAtMs));
    if (neverLeft(outcome) && command.failover.length > 0) {
      const onward = await deps.failOver(command, begun, outcome, at);
      if (onward) return await dispatchOnward(command, onward);
    }
    const decision = decideOutcome(outcome, timing.closeAfterMs);
    const heard = { evidence: heardFromCharge(outcome, at), statusQueries: 0 } as const;
    const written = deps.write(begun.held, decision, heard, at);
    const result = await record(written, command);
    const { provider, market, status } = written.payment;
    if (result === 'lost') return await whatStands(command, written, begun, at);
    if (result === 'written' && decision.status) metrics.payment({ provider, market, status });
    if (result === 'written' && written.answer) {
      return { answer: written.answer, replayed: false, stored: true };
    }
    if (outcome.kind === 'not_taken' && (result === 'written' || outcome.cause !== 'refused')) {
      const { fence, timeline, payment } = begun.held;
      const { number } = currentAttempt(payment);
      if (result === 'unknown') deps.freeUnsent(payment.id, fence, timeline, number);
      throw notTaken(outcome, written.payment.id, provider);
    }
    return unrecorded(written, begun, at);
  };
  return dispatch;

  async function dispatchOnward(
    command: PayCommand,
    { permit, begun }: Onward,
  ): Promise<Dispatched> {
    try {
      return await dispatch(command, permit, begun);
    } finally {
      permit.release();
    }
  }

  /** The last look at the clock: a whole provider deadline must fit into lease and handler. */
  function hasTime({ arrivedAtMs }: PayCommand, { begunAtMs }: BegunDispatch): boolean {
    const chargeEndsAtMs = clock.monotonicMs() + timing.providerTotalMs;
    return (
      chargeEndsAtMs + RECORD_MARGIN_MS <= begunAtMs + timing.leaseMs &&
      chargeEndsAtMs <= arrivedAtMs + timing.handlerMs
    );
  }

  function chargeRequest(command: PayCommand, { held }: BegunDispatch): ChargeRequest {
    const { payment } = held;
    return {
      reference: currentAttempt(payment).providerReference,
      paymentId: payment.id,
      amountMinor: payment.amountMinor,
      currency: payment.currency,
      msisdn: command.msisdn,
      description: payment.description,
      callbackUrl: deps.callbackUrl(payment.provider, payment.id),
    };
  }

  /** `unknown` when the store did not say in time whether it has written. */
  async function record(
    { move, payment }: Written,
    { arrivedAtMs }: PayCommand,
  ): Promise<MoveResult | 'unknown'> {
    const leftMs = arrivedAtMs + timing.handlerMs - clock.monotonicMs();
    const answered = new AbortController();
    const late = clock.sleep(Math.max(leftMs, LEAST_RECORD_MS), answered.signal);
    try {
      return await Promise.race([store.apply(move), late.then(() => 'unknown' as const)]);
    } catch (error) {
      logger.error('an outcome could not be recorded', { paymentId: payment.id, error });
      return 'unknown';
    } finally {
      answered.abort(ANSWERED);
    }
  }

  /** Somebody else owns the payment now: what they stored, or "in progress", but never a 5xx. */
  async function whatStands(
    command: PayCommand,
    written: Written,
    begun: BegunDispatch,
    at: Date,
  ): Promise<Dispatched> {
    const keyHash = deps.keyHash(command.merchantId, command.idempotencyKey);
    const row = await store.readKey(command.merchantId, keyHash).catch(() => undefined);
    if (row === undefined) return unrecorded(written, begun, at);
    if (row?.answer) return { answer: row.answer, replayed: true, stored: true };
    throw new GatewayError(
      'payment-in-progress',
      'The outcome of this payment is being found out.',
      { retryAfterSeconds: OVERLOADED_RETRY_SECONDS, paymentId: written.payment.id },
    );
  }

  /** The charge may have been taken and nobody can say so for good: unknown, and not stored. */
  function unrecorded({ payment }: Written, { held }: BegunDispatch, at: Date): Dispatched {
    // What is asked next, and by when, is what the intent's commit said.
    const { nextCheckAt, resolvesBy, evidence } = held.payment;
    const lost = { outcome: 'unknown', reason: 'not-recorded', endedAt: at } as const;
    const attempts = withCurrent(payment, lost);
    const status = 'UNKNOWN' as const;
    const told = { nextCheckAt, resolvesBy, evidence };
    const unknown: Payment = {
      ...payment,
      status,
      failure: null,
      updatedAt: at,
      attempts,
      ...told,
    };
    return { answer: deps.render.accepted(unknown), replayed: false, stored: false };
  }
}

const NO_TIME: NotTaken = {
  kind: 'not_taken',
  failure: false,
  cause: 'not-sent',
  reason: 'no-time-left',
  providerCode: null,
};

function notTaken(outcome: NotTaken, paymentId: string, provider: string): GatewayError {
  const retryAfterSeconds = outcome.retryAfterSeconds ?? REFUSED_RETRY_SECONDS;
  switch (outcome.cause) {
    case 'refused':
      return new GatewayError(
        'provider-refused',
        'The provider answered that it did not process the payment.',
        { provider, paymentId, retryAfterSeconds },
      );
    case 'unreachable':
      return new GatewayError(
        'provider-unreachable',
        'The provider could not be reached. Nothing was sent.',
        { provider, paymentId, retryAfterSeconds },
      );
    case 'not-sent':
      return new GatewayError('overloaded', 'There was no time left to send. Nothing was sent.', {
        provider,
        paymentId,
        retryAfterSeconds: OVERLOADED_RETRY_SECONDS,
      });
  }
}
