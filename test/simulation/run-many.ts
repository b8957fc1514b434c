import { runSchedule, type ScheduleResult } from './run-schedule.ts';

export interface Totals {
  schedules: number;
  steps: number;
  payments: number;
  requests: number;
  faults: number;
  /** Payments that went to another provider. */
  failovers: number;
}

export interface ManyResult {
  totals: Totals;
  /** The first schedule that broke a promise; nothing runs after it. */
  broken: ScheduleResult | null;
}

/** Schedules with the seeds from `seed` on, one after the other. */
export async function runMany(
  { seed, runs, failover }: { seed: number; runs: number; failover?: boolean },
  onProgress: (totals: Totals) => void = () => {},
): Promise<ManyResult> {
  const totals: Totals = {
    schedules: 0,
    steps: 0,
    payments: 0,
    requests: 0,
    faults: 0,
    failovers: 0,
  };
  for (let i = 0; i < runs; i += 1) {
    const result = await runSchedule(seed + i, { failover });
    totals.schedules += 1;
    for (const name of ['steps', 'payments', 'requests', 'faults', 'failovers'] as const) {
      totals[name] += result[name];
    }
    if (result.violations.length > 0) return { totals, broken: result };
    onProgress(totals);
  }
  return { totals, broken: null };
}

const TRACE_LINES = 400;

/** The broken promises, what led to them, and the one command that repeats it. */
export async function describeBroken(broken: ScheduleResult, forced = false): Promise<string> {
  const { seed, violations } = broken;
  const failover = forced || undefined;
  const { trace } = await runSchedule(seed, { keepTrace: true, failover });
  const left = trace.length - TRACE_LINES;
  return [
    ...(left > 0 ? [`(the first ${left} lines are left out)`] : []),
    ...trace.slice(-TRACE_LINES),
    '',
    ...violations.map(({ checker, detail }) => `BROKEN: ${checker}: ${detail}`),
    `Repeat it with: npm run simulate -- --runs 1 --seed ${seed}${forced ? ' --failover' : ''}`,
  ].join('\n');
}
