import type { Dice } from './dice.ts';

/** Something that can happen next. Nothing in a schedule happens outside of one of these. */
export interface Step {
  atMs: number;
  label: string;
  run(): void;
  /** It settles no promise, so that nothing can go on after it. */
  quiet: boolean;
}

export interface Scheduler {
  readonly dice: Dice;
  /** What happened, in order; empty unless it is kept. */
  readonly trace: string[];
  nowMs(): number;
  steps(): number;
  /** Makes `run` pending: it happens `ms` from now, or a little later. */
  after(ms: number, label: string, run: () => void): Step;
  /** The same for a step that settles no promise: what waits behind it costs a turn of the event loop less. */
  quietly(ms: number, label: string, run: () => void): Step;
  cancel(step: Step): void;
  note(line: string): void;
  /** Runs pending steps until `isDone` says so, none is left, or the time is over. */
  runUntil(isDone: () => boolean, limitMs: number): Promise<void>;
}

/** Steps that are this close in time are concurrent: the dice say which is first. */
const CONCURRENT_MS = 5;
/** A schedule that takes more has gone round in circles. */
const MAX_STEPS = 200_000;

/**
 * Virtual time, and one pending step after the other: of those that could be next, the dice pick one. Between
 * two steps every promise that can go on does so, so that each `await` of the code under test is a place
 * where the order, or the process, can break.
 */
export function makeScheduler(dice: Dice, { keepTrace = false } = {}): Scheduler {
  const pending: Step[] = [];
  const trace: string[] = [];
  let nowMs = 0;
  let steps = 0;

  function add(step: Step): Step {
    pending.push(step);
    return step;
  }

  function takeNext(): Step | undefined {
    let first = Number.POSITIVE_INFINITY;
    for (const { atMs } of pending) if (atMs < first) first = atMs;
    let seen = 0;
    let chosen = -1;
    for (let i = 0; i < pending.length; i += 1) {
      if ((pending[i] as Step).atMs > first + CONCURRENT_MS) continue;
      seen += 1;
      if (seen === 1 || dice.below(seen) === 0) chosen = i;
    }
    if (chosen < 0) return undefined;
    const step = pending[chosen] as Step;
    pending[chosen] = pending.at(-1) as Step;
    pending.pop();
    return step;
  }

  const note = (line: string) => {
    if (keepTrace) trace.push(`${(nowMs / 1_000).toFixed(3).padStart(9)} s  ${line}`);
  };

  return {
    dice,
    trace,
    nowMs: () => nowMs,
    steps: () => steps,
    after: (ms, label, run) => add({ atMs: nowMs + ms, label, run, quiet: false }),
    quietly: (ms, label, run) => add({ atMs: nowMs + ms, label, run, quiet: true }),
    cancel(step) {
      const at = pending.indexOf(step);
      if (at < 0) return;
      pending[at] = pending.at(-1) as Step;
      pending.pop();
    },
    note,
    async runUntil(isDone, limitMs) {
      while (!isDone()) {
        const step = takeNext();
        if (!step || step.atMs > limitMs) return;
        if (++steps > MAX_STEPS) throw new Error(`more than ${MAX_STEPS} steps`);
        nowMs = Math.max(nowMs, step.atMs);
        if (step.label) note(step.label);
        step.run();
        if (!step.quiet) await allGoOn();
      }
    },
  };
}

/** One turn of the event loop: every promise that can go on has gone on. */
const allGoOn = () => new Promise<void>((resolve) => setImmediate(resolve));
