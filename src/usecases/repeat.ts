import type { Clock } from '../domain/ports.ts';
import type { Logger } from '../domain/telemetry.ts';

export interface RepeatOptions {
  name: string;
  everyMs: number;
  /** Answers `more` to be run again at once. */
  task(): Promise<'more' | 'done'>;
  clock: Pick<Clock, 'sleep'>;
  logger: Logger;
}

/** Runs a task now and every `everyMs` until it is closed; a failure is logged, and the next run tries again. */
export function startRepeating({ name, everyMs, task, clock, logger }: RepeatOptions) {
  const stopping = new AbortController();
  const running = (async () => {
    while (!stopping.signal.aborted) {
      let answer: 'more' | 'done' = 'done';
      try {
        answer = await task();
      } catch (error) {
        logger.warn('a background task failed', { task: name, error });
      }
      if (answer === 'done') await clock.sleep(everyMs, stopping.signal);
    }
  })();
  return {
    async close(): Promise<void> {
      stopping.abort();
      await running;
    },
  };
}
