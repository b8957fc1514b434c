/** Timers that end together, so that a simulator can stop with thousands of them running. */
export interface Timers {
  /** Runs once after `delayMs`, unless it is cancelled by the function returned, or all are. */
  after(delayMs: number, run: () => void): () => void;
  clear(): void;
}

export function makeTimers(): Timers {
  const running = new Set<NodeJS.Timeout>();
  return {
    after(delayMs, run) {
      const timer = setTimeout(() => {
        running.delete(timer);
        run();
      }, delayMs);
      running.add(timer);
      return () => {
        running.delete(timer);
        clearTimeout(timer);
      };
    },
    clear() {
      for (const timer of running) clearTimeout(timer);
      running.clear();
    },
  };
}
