// `npm run chaos`: breaks a gateway of real processes on real servers in every way that we know, from a seed,
// and compares all books afterwards. docs/proof.md explains what it proves.
import { parseArgs } from 'node:util';
import { type ChaosReport, nemesisOf, runChaos } from '../test/chaos/chaos.ts';
import { NEMESES } from '../test/chaos/nemeses/index.ts';
import { FIGURES, runFigure } from './chaos/figures.ts';
import { runLong } from './chaos/long.ts';
import { failoverMissed, isBroken, printReport, writeReports } from './chaos/print.ts';

const HELP = `npm run chaos -- [--seed n] [--duration 60s] [--nemesis a,b,…] [--failover]
npm run chaos -- --long [--seed n] [--seeds 20] [--duration 30s] [--nemesis a,b,…] [--lanes 1] [--failover]
npm run chaos -- --figure <name> [--rounds n] [--seconds n] [--seed n]

--nemesis   all at work together, each in a lane of its own; without it, pairs drawn from the seed
--long      each nemesis alone, and each together with the next one, once for every seed; each run is on disk
            as soon as it is done, and the same command goes on where it was interrupted
--lanes     runs of --long side by side
--clients   merchants that pay at once, 12 by default
--failover  each provider stands in for the other
--figure    one row of docs/proof.md: ${Object.keys(FIGURES).join(', ')}

Nemeses:
${[...NEMESES.values()].map(({ name, does }) => `  ${name.padEnd(16)} ${does}`).join('\n')}`;

const MAX_SEED = 2 ** 31;
const LONG_SEEDS = 20;
/** What --long takes unless it is told otherwise: ten kinds of harm that have least in common. */
const LONG_NEMESES = [
  ...['kill-api', 'kill-worker', 'pause-api', 'kill-postgres', 'kill-kafka'],
  ...['flush-redis', 'cut-postgres', 'answer-lost', 'charge-faults', 'status-faults'],
];

const log = (line: string) => console.log(`chaos: ${line}`);

function readOptions(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string' },
      duration: { type: 'string' },
      nemesis: { type: 'string' },
      clients: { type: 'string' },
      long: { type: 'boolean' },
      seeds: { type: 'string' },
      lanes: { type: 'string' },
      failover: { type: 'boolean' },
      figure: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const count = (name: 'seed' | 'clients' | 'seeds' | 'lanes' | 'rounds' | 'seconds') => {
    const text = values[name];
    if (text === undefined) return undefined;
    if (!/^[1-9]\d{0,9}$/.test(text)) throw new Error(`--${name} takes a whole number above 0`);
    return Number(text);
  };
  const nemeses = values.nemesis?.split(',');
  for (const name of nemeses ?? []) nemesisOf(name);
  return {
    help: values.help === true,
    long: values.long === true,
    failover: values.failover === true,
    figure: values.figure,
    nemeses,
    seed: count('seed') ?? 1 + Math.floor(Math.random() * (MAX_SEED - 1)),
    durationMs: readDuration(values.duration ?? (values.long ? '30s' : '60s')),
    clients: count('clients'),
    seeds: count('seeds') ?? LONG_SEEDS,
    lanes: count('lanes') ?? 1,
    rounds: count('rounds'),
    seconds: count('seconds'),
  };
}

type Options = ReturnType<typeof readOptions>;

function readDuration(text: string): number {
  const [, n, unit] = /^([1-9]\d{0,5})(s|m|h)$/.exec(text) ?? [];
  if (!n) throw new Error('--duration takes a number and s, m or h, such as 60s');
  return Number(n) * { s: 1_000, m: 60_000, h: 3_600_000 }[unit as 's' | 'm' | 'h'];
}

async function runOne({
  seed,
  durationMs,
  clients,
  nemeses,
  failover,
}: Options): Promise<ChaosReport> {
  const named = nemeses ? nemeses.join(',') : 'pairs drawn from the seed';
  log(`--seed ${seed}, ${durationMs / 1_000} s: ${named}`);
  return await runChaos({
    seed,
    durationMs,
    failover,
    log,
    ...(clients && { clients }),
    ...(nemeses && { nemeses }),
  });
}

async function main(args: string[]): Promise<number> {
  const options = readOptions(args);
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  if (options.figure !== undefined && options.failover) {
    throw new Error('--failover is for runs of nemeses; no figure has it');
  }
  if (options.figure !== undefined) return await runFigure(options.figure, options, log);
  if (options.long) {
    return await runLong({ ...options, nemeses: options.nemeses ?? LONG_NEMESES, log });
  }
  const report = await runOne(options);
  printReport(report);
  log(`all numbers: ${await writeReports([report])}`);
  const missed = failoverMissed([report]);
  if (missed) log(missed);
  return isBroken(report) || missed ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  console.error(`chaos: ${error instanceof Error ? error.stack : error}`);
  return 1;
});
