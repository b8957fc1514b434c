import type { LoadResult, LoadSpec } from './load-spec.ts';
import { summarise } from './statistics.ts';

/** Collects answers; those to requests of the warm-up count only in the totals. */
export interface Recorder {
  /** All times in milliseconds of `performance.now`. */
  answer(dueAtMs: number, sentAtMs: number, status: number): void;
  lost(): void;
  result(sent: number): LoadResult;
}

export function makeRecorder(spec: LoadSpec, startedAtMs: number): Recorder {
  const measureFromMs = startedAtMs + spec.warmupMs;
  const latencies: number[] = [];
  const lateness: number[] = [];
  const statuses: Record<string, number> = {};
  const statusesOfAll: Record<string, number> = {};
  let lost = 0;
  let lastAtMs = measureFromMs;

  const count = (counts: Record<string, number>, status: number) => {
    counts[status] = (counts[status] ?? 0) + 1;
  };
  return {
    answer(dueAtMs, sentAtMs, status) {
      count(statusesOfAll, status);
      if (dueAtMs < measureFromMs) return;
      const nowMs = performance.now();
      count(statuses, status);
      latencies.push(nowMs - dueAtMs);
      lateness.push(sentAtMs - dueAtMs);
      lastAtMs = nowMs;
    },
    lost() {
      lost += 1;
    },
    result(sent) {
      const answered = latencies.length;
      const seconds = (lastAtMs - measureFromMs) / 1_000;
      return {
        statuses,
        answered,
        perSecond: answered > 0 ? answered / seconds : 0,
        latencyMs: summarise(latencies),
        lateMs: summarise(lateness),
        sent,
        statusesOfAll,
        lost,
        firstDueAtMs: performance.timeOrigin + startedAtMs,
      };
    },
  };
}
