import { randomUUID, randomUUIDv7 } from 'node:crypto';
import type { Clock, Ids } from './domain/ports.ts';

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
    }),
};

export const systemIds: Ids = {
  paymentId: () => `pay_${randomUUIDv7().replaceAll('-', '')}`,
  eventId: () => randomUUIDv7(),
  token: () => randomUUID(),
};
