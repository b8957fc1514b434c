/**
 * Readiness with hysteresis (BRK-12): one lost probe takes no server out of service, so a blip of a
 * dependency that all copies share does not take all copies out at once.
 */
import type { Clock } from '../../domain/ports.ts';
import type { Logger } from '../../domain/telemetry.ts';

export interface ReadinessCheck {
  name: string;
  /** Rejects when the dependency does not answer. */
  probe(signal: AbortSignal): Promise<unknown>;
}

export interface ReadinessOptions {
  checks: readonly ReadinessCheck[];
  clock: Clock;
  logger: Logger;
  /** @default 1000 */
  everyMs?: number;
  /** @default 1000 */
  timeoutMs?: number;
  /** Probes in a row that fail before a ready dependency counts as lost. @default 3 */
  failuresBeforeUnready?: number;
}

export interface Readiness {
  isReady(): boolean;
  report(): Record<string, 'ok' | 'failing'>;
  /** Runs every probe once, now. */
  probeAll(): Promise<void>;
  close(): Promise<void>;
}

/** Not ready until each probe has succeeded once. */
export function makeReadiness(options: ReadinessOptions): Readiness {
  const { checks, clock, logger } = options;
  const { everyMs = 1_000, timeoutMs = 1_000, failuresBeforeUnready = 3 } = options;
  const stopped = new AbortController();
  const states = checks.map((check) => ({ check, ok: false, failures: 0 }));

  async function probe(state: (typeof states)[number]): Promise<void> {
    const { name } = state.check;
    const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), stopped.signal]);
    const expired = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    try {
      await Promise.race([state.check.probe(signal), expired]);
      if (!state.ok) logger.info('dependency is ready', { dependency: name });
      state.ok = true;
      state.failures = 0;
    } catch (error) {
      state.failures += 1;
      if (!state.ok || state.failures < failuresBeforeUnready) return;
      state.ok = false;
      logger.warn('dependency is lost: not ready', { dependency: name, error });
    }
  }

  async function probeAll(): Promise<void> {
    await Promise.all(states.map(probe));
  }

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      await probeAll();
      await clock.sleep(everyMs, stopped.signal);
    }
  }
  const running = run();

  return {
    isReady: () => states.every(({ ok }) => ok),
    report: () =>
      Object.fromEntries(states.map(({ check, ok }) => [check.name, ok ? 'ok' : 'failing'])),
    probeAll,
    async close() {
      stopped.abort();
      await running;
    },
  };
}
