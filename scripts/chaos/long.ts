/** `npm run chaos -- --long`: hundreds of runs on servers that stay, each on disk as soon as it is done. */
import { type FileHandle, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join, relative } from 'node:path';
import { type ArenaServers, startArenaServers } from '../../test/chaos/arena-servers.ts';
import { type ChaosReport, runChaos } from '../../test/chaos/chaos.ts';
import { repositoryRoot } from '../servers/paths.ts';
import {
  failoverMissed,
  isBroken,
  lineOf,
  printReport,
  printSummary,
  writeReports,
} from './print.ts';

export interface LongOptions {
  /** Of the first runs; the others count up from it. */
  seed: number;
  seeds: number;
  durationMs: number;
  nemeses: readonly string[];
  clients?: number | undefined;
  failover?: boolean | undefined;
  /** Runs side by side, each lane on servers of its own. */
  lanes: number;
  log: (line: string) => void;
}

type Plan = Pick<ChaosReport, 'seed' | 'durationMs' | 'nemeses' | 'failover'>;

/** Alone with even seeds, with its neighbour in the list with odd ones. */
export function plansOf(options: Omit<LongOptions, 'log'>): Plan[] {
  const { seed, seeds, durationMs, nemeses, failover = false } = options;
  return Array.from({ length: seeds }, (_, i) =>
    nemeses.map((name, place) => {
      const neighbour = nemeses[(place + 1 + (i >> 1)) % nemeses.length] as string;
      const together = i % 2 === 0 || neighbour === name ? [name] : [name, neighbour];
      return { seed: seed + i, durationMs, nemeses: together, failover };
    }),
  ).flat();
}

const nameOf = ({ seed, durationMs, nemeses, failover }: Plan) =>
  `--seed ${seed} --duration ${durationMs / 1_000}s --nemesis ${nemeses.join(',')}${failover ? ' --failover' : ''}`;

/** Runs that stand in the file already are not made again: whoever is interrupted goes on by the same command. */
export async function runLong(options: LongOptions): Promise<number> {
  const { seed, lanes, log } = options;
  const folder = join(repositoryRoot, 'bench', 'results');
  await mkdir(folder, { recursive: true });
  const path = join(folder, `chaos-long-${seed}.jsonl`);
  const plans = plansOf(options);
  const wanted = new Set(plans.map(nameOf));
  const kept = (await readWhole(path)).filter((report) => wanted.has(nameOf(report)));
  const done = new Set(kept.map(nameOf));
  const todo = plans.filter((plan) => !done.has(nameOf(plan)));
  log(`--seed ${seed}: ${todo.length} of ${plans.length} runs to make; each is added to ${path}`);
  await using file = await openForMore(path);
  const reports = [...kept];
  const failures: string[] = [];
  const queue = todo.values();
  const runLane = (lane: number) =>
    drive(
      queue,
      { ...options, log: (line) => log(`lane ${lane + 1}: ${line}`) },
      async (plan, made) => {
        if (made instanceof Error) {
          failures.push(`${nameOf(plan)}: ${made.message}`);
          log(`COULD NOT RUN ${failures.at(-1)}`);
          return;
        }
        reports.push(made);
        await file.add(made);
        log(`${reports.length}/${plans.length} ${lineOf(made)}`);
        if (isBroken(made)) printReport(made);
      },
    );
  await Promise.all(Array.from({ length: lanes }, (_, lane) => runLane(lane)));
  printSummary(reports);
  for (const failure of failures) console.log(`could not run, not counted: ${failure}`);
  log(`all numbers: ${relative(repositoryRoot, await writeReports(reports))}`);
  const missed = failoverMissed(reports);
  if (missed) log(missed);
  return failures.length === 0 && !missed && !reports.some(isBroken) ? 0 : 1;
}

/** One run after another on the same servers; after one that could not be made, on new ones. */
async function drive(
  queue: Iterable<Plan>,
  { clients, log }: LongOptions,
  tell: (plan: Plan, made: ChaosReport | Error) => Promise<void>,
): Promise<void> {
  let servers: ArenaServers | null = null;
  try {
    for (const plan of queue) {
      log(nameOf(plan));
      const before = cpuTimes();
      const startedAt = performance.now();
      try {
        servers ??= await startArenaServers({ log });
        const report = await runChaos({
          ...plan,
          servers,
          abruptEnd: true,
          ...(clients && { clients }),
        });
        const tookSeconds = (performance.now() - startedAt) / 1_000;
        const parts = { ...report.parts, all: round(tookSeconds), 'cores busy': busySince(before) };
        await tell(plan, { ...report, parts });
      } catch (error) {
        const broken = servers;
        servers = null;
        await Promise.resolve(broken?.[Symbol.asyncDispose]()).catch(() => undefined);
        await tell(plan, error instanceof Error ? error : new Error(String(error)));
      }
    }
  } finally {
    await servers?.[Symbol.asyncDispose]();
  }
}

/** A last line that was cut off by a crash is not there. */
export async function readWhole(path: string): Promise<ChaosReport[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole !== text) await writeFile(path, whole);
  return whole
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

async function openForMore(path: string) {
  const file: FileHandle = await open(path, 'a');
  return {
    async add(report: ChaosReport) {
      await file.appendFile(`${JSON.stringify(report)}\n`);
      await file.datasync();
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

function cpuTimes(): { busy: number; all: number } {
  const sums = cpus().map(({ times: { user, nice, sys, idle, irq } }) => ({
    busy: user + nice + sys + irq,
    all: user + nice + sys + irq + idle,
  }));
  return sums.reduce((a, b) => ({ busy: a.busy + b.busy, all: a.all + b.all }));
}

/** Of the whole machine, by whomever. */
function busySince(before: ReturnType<typeof cpuTimes>): number {
  const now = cpuTimes();
  return round(((now.busy - before.busy) / (now.all - before.all)) * cpus().length);
}

const round = (n: number) => Math.round(n * 10) / 10;
