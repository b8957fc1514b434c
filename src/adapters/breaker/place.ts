/** One admitted caller's place: used once, or given back, or taken back when neither happens. */
import type { Clock } from '../../domain/ports.ts';
import type { Logger, Metrics, ProviderLabels } from '../../domain/telemetry.ts';
import type { Bulkhead } from './bulkhead.ts';
import type { OperationBreaker, Probe } from './operation-breaker.ts';

/** Every outcome says what it is, and whether it counts against the provider's health. */
export interface Outcome {
  kind: string;
  failure: boolean;
}

/** What the gate itself has to say, in the words of the operation. */
export interface OutcomeWords<T extends Outcome> {
  /** Nothing was sent. */
  notSent(reason: string): T;
  /** The call broke its own promise: it threw, or it ran past its deadline. */
  lost(reason: string): T;
  /** False when the provider was not even asked. */
  isEvidence(outcome: T): boolean;
}

export interface Place<T extends Outcome> {
  admitted: true;
  /** Runs the call, once; a second `run` gets the first one's outcome. Never rejects. */
  run(call: () => Promise<T>, timeoutMs: number): Promise<T>;
  /** After `run` it does nothing. */
  release(): void;
}

export interface PlaceOptions<T extends Outcome> {
  labels: ProviderLabels;
  permitMs: number;
  words: OutcomeWords<T>;
  clock: Clock;
  metrics: Metrics;
  logger: Logger;
  breaker: OperationBreaker;
  bulkhead: Bulkhead;
  /** Held in half-open, null when closed. */
  probe: Probe | null;
}

/** The adapter's own deadline must have fired by then; a call that outlives it is a defect. */
const OVERRUN_MS = 500;

export function makePlace<T extends Outcome>(options: PlaceOptions<T>): Place<T> {
  const { words, breaker, bulkhead, probe, metrics, labels } = options;
  let outcome: Promise<T> | undefined;
  let isHeld = true;

  function giveBack(): void {
    if (probe !== null) breaker.returnProbe(probe);
    bulkhead.leave();
  }

  function release(): void {
    if (!isHeld) return;
    isHeld = false;
    clearTimeout(expiry);
    giveBack();
  }
  const expiry = setTimeout(release, options.permitMs);
  expiry.unref();

  function start(call: () => Promise<T>, timeoutMs: number): Promise<T> {
    if (!isHeld) return Promise.resolve(words.notSent('permit-spent'));
    if (!breaker.lets(probe)) {
      // It opened between the admission and the call.
      release();
      metrics.breakerRejection(labels, 'open');
      return Promise.resolve(words.notSent('breaker-open'));
    }
    isHeld = false;
    clearTimeout(expiry);
    return perform(call, timeoutMs, options);
  }

  return {
    admitted: true,
    run(call, timeoutMs) {
      outcome ??= start(call, timeoutMs);
      return outcome;
    },
    release,
  };
}

async function perform<T extends Outcome>(
  call: () => Promise<T>,
  timeoutMs: number,
  options: PlaceOptions<T>,
): Promise<T> {
  const { words, breaker, bulkhead, probe, clock, metrics, labels, logger } = options;
  const startedMs = clock.monotonicMs();
  const ending = withoutThrowing(call, words, logger, labels);
  // The place stays taken for as long as the call runs, also past its deadline: the cap is a cap.
  void ending.then(bulkhead.leave);
  const limited = within(ending, timeoutMs + OVERRUN_MS, () => {
    logger.error('provider call ran past its deadline', { ...labels });
    return words.lost('deadline-overrun');
  });
  const outcome = await breaker.run(limited, (ended) => {
    if (!words.isEvidence(ended)) return 'none';
    return ended.failure ? 'failing' : 'healthy';
  });
  // Still ours only when the outcome was no evidence: then the next caller probes.
  if (probe !== null) breaker.returnProbe(probe);
  metrics.providerRequest(labels, outcome.kind, (clock.monotonicMs() - startedMs) / 1_000);
  return outcome;
}

/**
 * A port's promise, kept for it: an adapter that throws has lost its outcome, not our caller's
 * request.
 */
async function withoutThrowing<T extends Outcome>(
  call: () => Promise<T>,
  words: OutcomeWords<T>,
  logger: Logger,
  labels: ProviderLabels,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    logger.error('provider adapter threw', { ...labels, error });
    return words.lost('adapter-threw');
  }
}

function within<T>(ending: Promise<T>, ms: number, onOverrun: () => T): Promise<T> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(onOverrun()), ms);
    timer.unref();
    void ending.then((result) => {
      clearTimeout(timer);
      resolve(result);
    });
  });
}
