import { setTimeout as sleep } from 'node:timers/promises';
import { startServers } from '../../scripts/servers/start-servers.ts';
import { seededRandom } from '../support/messaging.ts';
import { checkBooks, quiesce } from './books.ts';
import { type Addresses, startFleet } from './fleet.ts';
import { startLoad } from './load.ts';
import { type Report, reportOf } from './report.ts';

export interface PostgresCrashOptions {
  /** Redis and Kafka; the database server is the test's own. */
  servers: Addresses;
  rounds: number;
  seed: number;
}

const CALM_MS = 2_000;
const GONE_MS = 1_500;
const QUIET_MS = 60_000;

/** `kill -9` of Postgres under load, again and again; in every second round it hangs before it goes. */
export async function runPostgresCrash(options: PostgresCrashOptions): Promise<Report> {
  const { rounds, seed } = options;
  const random = seededRandom(seed);
  await using own = await startServers({ postgres: true });
  const servers = { ...options.servers, databaseUrl: own.databaseUrl };
  await using fleet = await startFleet({ servers, apis: 2, workers: 1 });
  const load = startLoad({
    urls: () => fleet.apis.map(({ url }) => url),
    authorization: fleet.authorization,
    onWallet: fleet.canaries.addWallet,
    random,
  });
  for (let round = 0; round < rounds; round += 1) {
    await sleep(CALM_MS * (0.5 + random()));
    if (round % 2 === 1) {
      await own.postgres.pause();
      await sleep(GONE_MS * random());
    }
    await own.postgres.kill();
    await sleep(GONE_MS * random());
    await own.postgres.restart();
  }
  await sleep(CALM_MS);
  await load.stop();
  await load.finish(QUIET_MS);
  await quiesce(fleet, QUIET_MS);
  const history = load.history();
  const problems = await checkBooks(fleet, history);
  for (const what of Object.keys(history.counts)) {
    const known = /^(202|409 payment-in-progress|503 (store-unavailable|overloaded))$/.test(what);
    if (!known) problems.push(`clients saw: ${what}`);
  }
  return await reportOf('Postgres killed', fleet, history, problems, { kills: rounds });
}
