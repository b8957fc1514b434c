import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { guard } from './exit-guard.ts';
import { recordProcess } from './process-records.ts';
import { descendants, signalAll } from './process-tree.ts';

export interface ProcessSpec {
  name: string;
  command: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Run as another user, when root may not (Postgres). */
  uid?: number | undefined;
  gid?: number | undefined;
  /** Throws until the process serves. Absent: it serves as soon as it runs. */
  ready?: () => Promise<void>;
  /** @default 30,000 */
  readyTimeoutMs?: number;
  /** How the process is asked to end. @default SIGTERM */
  stopSignal?: NodeJS.Signals;
  /** After this a stop becomes a SIGKILL. @default 10,000 */
  stopTimeoutMs?: number;
  /** A directory to remove if a killed owner leaves the process behind. */
  directory?: string;
  onLine?: (line: string) => void;
}

export interface ProcessExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ManagedProcess {
  readonly name: string;
  /** The current run's; changes with `restart`. */
  readonly pid: number;
  readonly running: boolean;
  /** How the current run ends. */
  readonly exited: Promise<ProcessExit>;
  /** Both streams' latest lines, at most 5,000, over all runs. */
  output(): string;
  /** Stops the process and its children in their tracks: connections stay, nothing answers. */
  pause(): void;
  resume(): void;
  /** Sends a signal and waits for the end. SIGKILL takes the children along. @default SIGKILL */
  kill(signal?: NodeJS.Signals): Promise<ProcessExit>;
  /** Ends the process if it runs, and starts it again as it was; waits until it serves. */
  restart(): Promise<void>;
  /** Asks the process to end, and insists after the limit. */
  stop(): Promise<ProcessExit>;
}

/** What a test can still read of a role's log; older lines go first. */
const KEPT_LINES = 5000;
const READY_POLL_MS = 50;

interface Run {
  child: ChildProcess;
  pid: number;
  exited: Promise<ProcessExit>;
  running: boolean;
}

/** Starts a program of ours and waits until it serves. It never outlives this process on purpose. */
export async function startProcess(spec: ProcessSpec): Promise<ManagedProcess> {
  const lines: string[] = [];
  let run = launch(spec, lines);
  await untilReady(spec, run, lines);

  async function kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<ProcessExit> {
    if (run.running) signalAll(signal === 'SIGKILL' ? descendants(run.pid) : [run.pid], signal);
    return run.exited;
  }

  async function stop(): Promise<ProcessExit> {
    // A stopped process would not hear the request to end.
    if (run.running) signalAll(descendants(run.pid), 'SIGCONT');
    if (run.running) signalAll([run.pid], spec.stopSignal ?? 'SIGTERM');
    const limit = new AbortController();
    const insist = sleep(spec.stopTimeoutMs ?? 10_000, undefined, { signal: limit.signal })
      .then(() => kill('SIGKILL'))
      .catch(() => run.exited);
    const exit = await Promise.race([run.exited, insist]);
    limit.abort();
    return exit;
  }

  return {
    name: spec.name,
    get pid() {
      return run.pid;
    },
    get running() {
      return run.running;
    },
    get exited() {
      return run.exited;
    },
    output: () => lines.join('\n'),
    pause: () => signalAll(descendants(run.pid), 'SIGSTOP'),
    resume: () => signalAll(descendants(run.pid), 'SIGCONT'),
    kill,
    async restart() {
      await stop();
      run = launch(spec, lines);
      await untilReady(spec, run, lines);
    },
    stop,
  };
}

function launch(spec: ProcessSpec, lines: string[]): Run {
  const child = spawn(spec.command, spec.args, {
    cwd: spec.cwd,
    env: spec.env,
    uid: spec.uid,
    gid: spec.gid,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C in the terminal reaches us alone, and we decide the order.
    detached: true,
  });
  const keep = (line: string) => {
    lines.push(line);
    if (lines.length > KEPT_LINES) lines.shift();
    spec.onLine?.(line);
  };
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', keep);
  }
  const pid = child.pid ?? 0;
  const forget = pid ? recordProcess(spec.name, pid, spec.directory) : () => undefined;
  const lift = pid ? guard(() => signalAll(descendants(pid), 'SIGKILL')) : () => undefined;
  const run: Run = { child, pid, running: pid !== 0, exited: Promise.resolve(neverRan) };
  run.exited = new Promise((resolve) => {
    child.once('error', (error) => {
      keep(`could not be started: ${error.message}`);
      if (!pid) resolve(neverRan);
    });
    child.once('exit', () => {
      run.running = false;
      lift();
      forget();
    });
    // 'close' comes after the last line was read.
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  return run;
}

const neverRan: ProcessExit = { code: null, signal: null };

async function untilReady(spec: ProcessSpec, run: Run, lines: string[]): Promise<void> {
  const limitMs = spec.readyTimeoutMs ?? 30_000;
  const endsAt = performance.now() + limitMs;
  let cause: unknown;
  for (;;) {
    if (!run.running) await run.exited;
    const told = () => `; its last words:\n${lines.slice(-20).join('\n')}`;
    if (!run.running) {
      const { code, signal } = await run.exited;
      const how = `ended before it was ready, by ${signal ?? code}`;
      throw new Error(`${spec.name} ${how}${told()}`, { cause });
    }
    try {
      await spec.ready?.();
      return;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > endsAt) {
      signalAll(descendants(run.pid), 'SIGKILL');
      throw new Error(`${spec.name} was not ready after ${limitMs} ms${told()}`, { cause });
    }
    await sleep(READY_POLL_MS);
  }
}
