/**
 * How a server leaves (BRK-13): health goes first and requests are still served, so that the load
 * balancer has time to look away; only then does the listener close.
 */
import type { Clock } from '../../domain/ports.ts';
import type { Logger } from '../../domain/telemetry.ts';

export type Phase = 'serving' | 'draining' | 'closing';

export interface Lifecycle {
  phase(): Phase;
  /**
   * From `serving` through `draining` to `closing`; resolves when the listener may close. Further
   * calls wait for the same end.
   */
  drain(): Promise<void>;
}

export function makeLifecycle(options: {
  /** How long the load balancer may still send requests after the health check failed. */
  deregistrationDelayMs: number;
  clock: Clock;
  logger: Logger;
}): Lifecycle {
  const { deregistrationDelayMs, clock, logger } = options;
  let phase: Phase = 'serving';
  let draining: Promise<void> | undefined;

  async function drain(): Promise<void> {
    phase = 'draining';
    logger.info('draining: not ready any more, still serving', { delayMs: deregistrationDelayMs });
    await clock.sleep(deregistrationDelayMs);
    phase = 'closing';
    logger.info('closing: no new requests');
  }

  return {
    phase: () => phase,
    drain() {
      draining ??= drain();
      return draining;
    },
  };
}
