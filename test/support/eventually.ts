import { setTimeout as sleep } from 'node:timers/promises';

/** Polls until `check` returns without throwing, and returns its value; throws its last error at the limit. */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeoutMs = 10_000, everyMs = 25 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<T> {
  const endsAt = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > endsAt) throw error;
      await sleep(everyMs);
    }
  }
}
