/** A clock that moves only when told, and wakes its sleepers as it passes them. */
import type { Clock } from '../../src/domain/ports.ts';

export interface FakeClock extends Clock {
  advance(ms: number): void;
}

export function makeFakeClock(): FakeClock {
  let nowMs = 0;
  let sleepers: { wakeAtMs: number; wake: () => void }[] = [];
  return {
    now: () => new Date(nowMs),
    monotonicMs: () => nowMs,
    sleep(ms, signal) {
      return new Promise((wake) => {
        sleepers.push({ wakeAtMs: nowMs + ms, wake });
        signal?.addEventListener('abort', () => wake(), { once: true });
      });
    },
    advance(ms) {
      nowMs += ms;
      const due = sleepers.filter(({ wakeAtMs }) => wakeAtMs <= nowMs);
      sleepers = sleepers.filter(({ wakeAtMs }) => wakeAtMs > nowMs);
      for (const { wake } of due) wake();
    },
  };
}
