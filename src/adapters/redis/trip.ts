import type { Logger } from '../../domain/telemetry.ts';

export type TripResult<T> = { ok: true; value: T } | { ok: false };

export interface TripSettings {
  logger: Logger;
  /** Failures in a row before Redis is left alone. @default 3 */
  failures?: number;
  /** How long it is left alone before one command tries it again. @default 1000 */
  restMs?: number;
  monotonicMs?: () => number;
}

/**
 * A small breaker: a Redis that accepts and never answers costs a few requests its command timeout, not each
 * one. Redis is only the fast path, so nothing here ever throws.
 */
export function makeTrip({ logger, failures = 3, restMs = 1_000, ...rest }: TripSettings) {
  const monotonicMs = rest.monotonicMs ?? (() => performance.now());
  let failed = 0;
  let restsUntil = 0;
  return {
    async run<T>(command: () => Promise<T>): Promise<TripResult<T>> {
      if (failed >= failures) {
        const now = monotonicMs();
        if (now < restsUntil) return { ok: false };
        // The others keep away while this one tries.
        restsUntil = now + restMs;
      }
      try {
        const value = await command();
        if (failed >= failures) logger.info('redis answers again');
        failed = 0;
        return { ok: true, value };
      } catch (error) {
        failed += 1;
        if (failed === failures) {
          restsUntil = monotonicMs() + restMs;
          logger.warn('redis does not answer; the database decides alone', { error });
        }
        return { ok: false };
      }
    },
  };
}
