import { median } from './load/statistics.ts';
import { residentMb } from './processes.ts';

export interface Memory {
  name: string;
  samplesMb: number[];
  /** Median of the last quarter by median of the second: 1 is flat. */
  growth: number;
}

const SAMPLE_EVERY_MS = 250;

/** Watches the resident memory of processes until it is stopped. Empty where it cannot be told. */
export function watchMemory(pids: Readonly<Record<string, number>>) {
  const samples = Object.entries(pids).map(([name, pid]) => ({ name, pid, mb: [] as number[] }));
  const timer = setInterval(() => {
    for (const { pid, mb } of samples) {
      const now = residentMb(pid);
      if (now !== null) mb.push(now);
    }
  }, SAMPLE_EVERY_MS);
  return {
    stop(): Memory[] {
      clearInterval(timer);
      return samples
        .filter(({ mb }) => mb.length > 0)
        .map(({ name, mb }) => ({ name, samplesMb: mb, growth: growthOf(mb) }));
    },
  };
}

function growthOf(samples: readonly number[]): number {
  const quarter = Math.ceil(samples.length / 4);
  const second = median(samples.slice(quarter, 2 * quarter));
  return median(samples.slice(-quarter)) / second;
}
