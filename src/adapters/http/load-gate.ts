/**
 * Sheds load before it hurts: what is admitted is served well, the rest is told so at once (BRK-9).
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { GatewayError } from '../../domain/errors.ts';
import type { RequestContext } from './context.ts';

/** Long enough that one garbage collection is no overload, short enough to notice a flood. */
const SAMPLE_EVERY_MS = 500;
const NANOSECONDS_PER_MS = 1e6;
/** Callers who were shed come back spread over this many seconds. */
const RETRY_SPREAD_SECONDS = 3;

export interface LoopDelay {
  /** Mean over the last sample. */
  meanMs(): number;
  close(): void;
}

export function makeLoopDelay(): LoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: 10 });
  histogram.enable();
  let meanMs = 0;
  const timer = setInterval(() => {
    meanMs = histogram.count === 0 ? 0 : histogram.mean / NANOSECONDS_PER_MS;
    histogram.reset();
  }, SAMPLE_EVERY_MS);
  timer.unref();
  return {
    meanMs: () => meanMs,
    close() {
      clearInterval(timer);
      histogram.disable();
    },
  };
}

export interface LoadGate {
  /**
   * Counts the request until its answer is done; throws `overloaded`. Called when work begins, not
   * on arrival: a caller who sends slowly takes no place.
   */
  enter(context: RequestContext): void;
  leave(context: RequestContext): void;
  inFlight(): number;
}

export function makeLoadGate(limits: {
  maxInFlight: number;
  maxEventLoopDelayMs: number;
  loopDelay: LoopDelay;
}): LoadGate {
  let inFlight = 0;
  let shed = 0;

  function leave(context: RequestContext): void {
    if (!context.atWork) return;
    context.atWork = false;
    inFlight -= 1;
  }

  return {
    enter(context) {
      if (
        inFlight >= limits.maxInFlight ||
        limits.loopDelay.meanMs() > limits.maxEventLoopDelayMs
      ) {
        shed += 1;
        throw new GatewayError('overloaded', 'The gateway has more to do than it can do well.', {
          retryAfterSeconds: 1 + (shed % RETRY_SPREAD_SECONDS),
        });
      }
      inFlight += 1;
      context.atWork = true;
      context.leave = () => leave(context);
    },
    leave,
    inFlight: () => inFlight,
  };
}
