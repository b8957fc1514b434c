import { StoreUnavailable } from '../../domain/errors.ts';
import { isDeadlock, isStatementError, toStoreError } from './errors.ts';

export interface BatcherOptions<Row, Result> {
  /** Runs one statement for all rows and answers in their order. */
  run(rows: Row[]): Promise<Result[]>;
  /** Rows that touch the same data in two batches must come in one order, or they may deadlock. */
  compare(a: Row, b: Row): number;
  /** Rows of one statement. More would make the first row wait for the last. @default 200 */
  maxRows?: number;
  /** Statements under way at once: one runs while the other's rows gather. @default 2 */
  maxInFlight?: number;
  /** Rows that may wait; one more is refused at once. Bounds memory while the store is slow. @default 5000 */
  maxWaiting?: number;
  /** A row that has waited for longer is refused, not sent. @default without limit: its caller has a deadline */
  maxWaitMs?: number;
}

interface Waiting<Row, Result> {
  row: Row;
  sinceMs: number;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/**
 * Lets concurrent writes share a commit. A write on an idle store goes at once; while `maxInFlight`
 * statements run, rows gather. An error about the data is tried row by row, so that a bad row fails alone; a
 * lost connection leaves each row's fate unknown, and each caller is told so.
 */
export function makeBatcher<Row, Result>(options: BatcherOptions<Row, Result>) {
  const { run, compare, maxRows = 200, maxInFlight = 2, maxWaiting = 5_000 } = options;
  const { maxWaitMs = Number.POSITIVE_INFINITY } = options;
  const waiting: Waiting<Row, Result>[] = [];
  let inFlight = 0;
  let scheduled = false;

  async function flush(batch: Waiting<Row, Result>[]): Promise<void> {
    try {
      const results = await run(batch.map(({ row }) => row));
      batch.forEach(({ resolve }, i) => {
        resolve(results[i] as Result);
      });
    } catch (error) {
      if (batch.length > 1 && (isStatementError(error) || isDeadlock(error))) {
        for (const one of batch) await flush([one]);
        return;
      }
      const failure = toStoreError(error);
      for (const { reject } of batch) reject(failure);
    }
  }

  function refuseLate(): void {
    const latestMs = performance.now() - maxWaitMs;
    // The first has waited longest.
    while ((waiting[0]?.sinceMs ?? Number.POSITIVE_INFINITY) < latestMs) {
      waiting.shift()?.reject(new StoreUnavailable('none', new Error('a write waited too long')));
    }
  }

  function drain(): void {
    scheduled = false;
    refuseLate();
    while (inFlight < maxInFlight && waiting.length > 0) {
      const batch = waiting.splice(0, maxRows).sort((a, b) => compare(a.row, b.row));
      inFlight += 1;
      void flush(batch).finally(() => {
        inFlight -= 1;
        drain();
      });
    }
  }

  return (row: Row): Promise<Result> => {
    if (waiting.length >= maxWaiting) {
      return Promise.reject(new StoreUnavailable('none', new Error('too many writes wait')));
    }
    return new Promise((resolve, reject) => {
      waiting.push({ row, sinceMs: performance.now(), resolve, reject });
      // One turn of the loop gathers what arrived together, and costs an idle store nothing.
      if (!scheduled && inFlight < maxInFlight) {
        scheduled = true;
        setImmediate(drain);
      }
    });
  };
}
