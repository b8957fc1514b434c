// `npm run weather`: the long versions of the system tests, on real servers and processes of its own. Each kind
// of bad weather ends with the same checks as there; the table is what was seen.
import { parseArgs } from 'node:util';
import { runCrashPoints } from '../test/chaos/crash-points.ts';
import { runDrain } from '../test/chaos/drain.ts';
import type { Addresses } from '../test/chaos/fleet.ts';
import { runIdentical } from '../test/chaos/identical.ts';
import { runKafkaOutage } from '../test/chaos/kafka-outage.ts';
import { runKills } from '../test/chaos/kills.ts';
import { runPause } from '../test/chaos/pause.ts';
import { runPostgresCrash } from '../test/chaos/postgres-crash.ts';
import type { Report } from '../test/chaos/report.ts';
import { runSlowClients } from '../test/chaos/slow-clients.ts';
import { startServers } from './servers/start-servers.ts';

interface Settings {
  servers: Addresses;
  seed: number;
  /** Undefined: what the kind of weather takes for itself. */
  rounds: number | undefined;
  seconds: number | undefined;
}

type Run = (settings: Settings) => Promise<Report>;

const KINDS: Record<string, Run> = {
  kills: ({ servers, seed, rounds = 20 }) => runKills({ servers, seed, rounds }),
  'crash-points': ({ servers, seed }) => runCrashPoints({ servers, seed }),
  pause: ({ servers }) => runPause({ servers, payments: 100 }),
  drain: ({ servers, seed, rounds = 5 }) => runDrain({ servers, seed, rounds }),
  identical: ({ servers, rounds = 100 }) => runIdentical({ servers, rounds }),
  'slow-clients': ({ servers, seed }) => runSlowClients({ servers, seed, clients: 500 }),
  kafka: ({ servers, seed, seconds = 60 }) => runKafkaOutage({ servers, seed, seconds }),
  postgres: ({ servers, seed, rounds = 10 }) => runPostgresCrash({ servers, seed, rounds }),
};

const HELP = `npm run weather -- [kind …] [--rounds n] [--seconds n] [--seed n]

Kinds: ${Object.keys(KINDS).join(', ')}; without one, all of them, about ten minutes.
--rounds   of kills, drain, identical, postgres; each has its own default
--seconds  of the Kafka outage, 60 by default
--seed     repeats a run's choices; a fresh one each time, printed`;

const MAX_SEED = 2 ** 31;

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      seed: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const unknown = positionals.filter((kind) => !Object.hasOwn(KINDS, kind));
  if (unknown.length > 0) throw new Error(`no such kind: ${unknown.join(', ')}\n${HELP}`);
  const count = (name: 'rounds' | 'seconds' | 'seed') => {
    const text = values[name];
    if (text === undefined) return undefined;
    if (!/^[1-9]\d{0,9}$/.test(text)) throw new Error(`--${name} takes a whole number above 0`);
    return Number(text);
  };
  return {
    help: values.help === true,
    kinds: positionals.length > 0 ? positionals : Object.keys(KINDS),
    rounds: count('rounds'),
    seconds: count('seconds'),
    seed: count('seed') ?? 1 + Math.floor(Math.random() * (MAX_SEED - 1)),
  };
}

function printReport({ name, figures, problems }: Report, seconds: string): void {
  const rows = [['took, s', seconds], ...Object.entries(figures)] as [string, string | number][];
  const width = Math.max(...rows.map(([what]) => what.length));
  console.log(`\n${name}`);
  for (const [what, value] of rows) console.log(`  ${what.padEnd(width)}  ${value}`);
  console.log(problems.length === 0 ? '  all promises kept' : `  BROKEN: ${problems.length}`);
  for (const problem of problems) console.log(`    ${problem}`);
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const log = (line: string) => console.log(`weather: ${line}`);
  await using servers = await startServers({
    redis: true,
    kafka: true,
    postgres: true,
    addresses: {
      redis: process.env.TEST_REDIS_URL,
      kafka: process.env.TEST_KAFKA_BROKERS,
      postgres: process.env.TEST_DATABASE_URL,
    },
    log,
  });
  for (const { name, way } of servers.all) log(`${name}: ${way}`);
  log(`--seed ${options.seed}`);
  let broken = 0;
  for (const kind of options.kinds) {
    const startedAt = performance.now();
    const report = await (KINDS[kind] as Run)({ ...options, servers });
    printReport(report, ((performance.now() - startedAt) / 1_000).toFixed(0));
    broken += report.problems.length;
  }
  return broken === 0 ? 0 : 1;
}

process.exitCode = await main().catch((error) => {
  console.error(`weather: ${error instanceof Error ? error.message : error}`);
  return 1;
});
