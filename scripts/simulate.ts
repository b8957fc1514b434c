// `npm run simulate`: many schedules of the deterministic simulation (test/simulation), each from a seed of its own.
import { parseArgs } from 'node:util';
import { describeBroken, runMany, type Totals } from '../test/simulation/run-many.ts';

const HELP = `npm run simulate -- [--runs 2000] [--seed n] [--failover]

Runs schedules of the seeds n, n + 1, …; a fresh n each time, printed. Stops at the first one that breaks a
promise, and prints what led to it. In every third schedule each provider stands in for the other, with --failover in all.`;

const MAX_SEED = 2 ** 31;
const PROGRESS_EVERY = 10_000;
const started = performance.now();

function readOptions() {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '2000' },
      seed: { type: 'string' },
      failover: { type: 'boolean' },
      help: { type: 'boolean', default: false },
    },
  });
  const seed = Number(values.seed ?? Math.floor(Math.random() * MAX_SEED));
  const runs = Number(values.runs);
  const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0;
  if (!isCount(seed) || !isCount(runs) || runs === 0) {
    throw new Error(`--runs and --seed are whole numbers\n${HELP}`);
  }
  return { seed, runs, failover: values.failover, help: values.help };
}

function describe({ schedules, steps, payments, failovers, ...counted }: Totals): string {
  const seconds = ((performance.now() - started) / 1_000).toFixed(0);
  const { requests, faults } = counted;
  const gone = `${failovers} of them to another provider`;
  const counts = `${steps} steps, ${payments} payments, ${gone}, ${requests} requests, ${faults} faults`;
  return `${schedules} schedules, ${counts}, ${seconds} s`;
}

async function main(): Promise<number> {
  const { help, seed, runs, failover } = readOptions();
  if (help) {
    console.log(HELP);
    return 0;
  }
  console.log(`simulate: --seed ${seed} --runs ${runs}${failover ? ' --failover' : ''}`);
  const { totals, broken } = await runMany({ seed, runs, failover }, (so) => {
    if (so.schedules % PROGRESS_EVERY === 0) console.log(`simulate: ${describe(so)}`);
  });
  if (broken) {
    console.error(await describeBroken(broken, failover));
    return 1;
  }
  console.log(`simulate: ${describe(totals)}: no promise was broken`);
  return 0;
}

process.exitCode = await main().catch((error) => {
  console.error(`simulate: ${error instanceof Error ? error.message : error}`);
  return 1;
});
