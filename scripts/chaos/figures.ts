/** The rows of docs/proof.md that are numbers of one thing, done very often. */

import { runBrokers } from '../../test/chaos/brokers.ts';
import { runDrain } from '../../test/chaos/drain.ts';
import type { Addresses } from '../../test/chaos/fleet.ts';
import { runIdentical } from '../../test/chaos/identical.ts';
import { runKafkaOutage } from '../../test/chaos/kafka-outage.ts';
import type { Report } from '../../test/chaos/report.ts';
import { runRestore } from '../../test/chaos/restore.ts';
import { runNewJobs, runVersions } from '../../test/chaos/versions.ts';
import { runWorkerDeaths } from '../../test/chaos/worker-deaths.ts';
import { startServers } from '../servers/start-servers.ts';
import { keepResult } from './print.ts';

interface FigureOptions {
  seed: number;
  rounds?: number | undefined;
  seconds?: number | undefined;
}

type RunOne = (
  servers: Addresses,
  options: FigureOptions,
  log: (line: string) => void,
) => Promise<Report>;

export const FIGURES: Readonly<Record<string, RunOne>> = {
  identical: (servers, { rounds = 1_000 }) => runIdentical({ servers, rounds, flushEveryMs: 200 }),
  'worker-deaths': (servers, { rounds = 200, seed }) => runWorkerDeaths({ servers, rounds, seed }),
  restarts: (servers, { rounds = 20, seed }) => runDrain({ servers, rounds, seed, clients: 30 }),
  'kafka-down': (servers, { seconds = 600, seed }) =>
    runKafkaOutage({ servers, seconds, seed, perSecond: 100 }),
  restore: (servers, { seconds = 300, seed }) => runRestore({ servers, seconds, seed }),
  versions: (servers, { seconds = 10, seed }, log) => runVersions({ servers, seconds, seed, log }),
  'new-jobs': (servers, { seconds = 10, seed }, log) => runNewJobs({ servers, seconds, seed, log }),
  brokers: (servers, { rounds = 3, seconds = 15, seed }, log) =>
    runBrokers({ servers, rounds, seconds, seed, log }),
};

/** They kill brokers, and so have some of their own. */
const OWN_BROKERS = new Set(['kafka-down', 'brokers']);

export async function runFigure(
  name: string,
  options: FigureOptions,
  log: (line: string) => void,
): Promise<number> {
  const run = FIGURES[name];
  if (!run)
    throw new Error(`no such figure: ${name}; there are ${Object.keys(FIGURES).join(', ')}`);
  const kafka = !OWN_BROKERS.has(name);
  await using servers = await startServers({ redis: true, kafka, postgres: true, log });
  log(`--figure ${name} --seed ${options.seed}`);
  const startedAt = performance.now();
  const { redisUrl, databaseUrl } = servers;
  const addresses = { redisUrl, databaseUrl, kafkaBrokers: kafka ? servers.kafkaBrokers : '' };
  const { figures, problems } = await run(addresses, options, log);
  const all = { 'took, s': ((performance.now() - startedAt) / 1_000).toFixed(0), ...figures };
  const width = Math.max(...Object.keys(all).map(({ length }) => length));
  for (const [what, value] of Object.entries(all)) console.log(`  ${what.padEnd(width)}  ${value}`);
  console.log(problems.length === 0 ? '  all promises kept' : `  BROKEN: ${problems.length}`);
  for (const problem of problems) console.log(`    ${problem}`);
  const { seed } = options;
  log(`all numbers: ${await keepResult(`chaos-${name}`, { seed, figures: all, problems })}`);
  return problems.length === 0 ? 0 : 1;
}
