/**
 * Limits how many calls of one operation are under way at once, so that a slow provider cannot take
 * all of the process. It sits outside the breaker: being full says nothing about the provider's
 * health (BRK-3).
 */
export interface BulkheadLimits {
  /** Calls under way at once. */
  maxConcurrent: number;
  /** Callers that may wait for a place; 0 means that nobody waits. */
  maxQueue: number;
  /** Longest wait for a place. */
  queueMs: number;
}

export interface Bulkhead {
  /** Takes a place if one is free and nobody waits for it. */
  tryEnter(): boolean;
  /**
   * Waits for a place; false when the queue is full, the wait is over, or everyone was turned away.
   */
  enter(maxWaitMs?: number): Promise<boolean>;
  /** Gives a place back: to the caller who has waited longest, if any. */
  leave(): void;
  /** No place and no room in the queue. */
  isFull(): boolean;
  /** Ends all waiting at once, without a place. */
  turnAway(): void;
}

interface Waiter {
  end(entered: boolean): void;
}

export function makeBulkhead(
  limits: BulkheadLimits,
  onChange: (inFlight: number) => void,
): Bulkhead {
  const { maxConcurrent, maxQueue, queueMs } = limits;
  /** In order of arrival. */
  const waiting = new Set<Waiter>();
  let inFlight = 0;

  function setInFlight(count: number): void {
    inFlight = count;
    onChange(count);
  }

  function tryEnter(): boolean {
    if (inFlight >= maxConcurrent) return false;
    setInFlight(inFlight + 1);
    return true;
  }

  function wait(maxWaitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => waiter.end(false), maxWaitMs);
      timer.unref();
      const waiter: Waiter = {
        end(entered) {
          clearTimeout(timer);
          waiting.delete(waiter);
          resolve(entered);
        },
      };
      waiting.add(waiter);
    });
  }

  return {
    tryEnter,
    enter(maxWaitMs = queueMs) {
      if (tryEnter()) return Promise.resolve(true);
      if (waiting.size >= maxQueue) return Promise.resolve(false);
      return wait(Math.min(queueMs, maxWaitMs));
    },
    leave() {
      // Handed over, the place never looks free: no newcomer can overtake the queue.
      const [next] = waiting;
      if (next === undefined) setInFlight(inFlight - 1);
      else next.end(true);
    },
    isFull: () => inFlight >= maxConcurrent && waiting.size >= maxQueue,
    turnAway() {
      for (const waiter of [...waiting]) waiter.end(false);
    },
  };
}
