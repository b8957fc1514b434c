import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../support/messaging.ts';
import { checkBooks, quiesce } from './books.ts';
import { type Addresses, startFleet } from './fleet.ts';
import { longestWaitSeconds, startLoad } from './load.ts';
import { type Report, reportOf } from './report.ts';

export interface KillsOptions {
  servers: Addresses;
  rounds: number;
  seed: number;
}

/** Between two kills the load gets this long, at most. */
const CALM_MS = 1_200;
const QUIET_MS = 60_000;

/** The provider misbehaves now and then meanwhile: killed processes leave every kind of outcome behind. */
const FAULTS = ['refuse', 'http-500', 'timeout-after', 'reset-after', 'reset-before'].flatMap(
  (fault) =>
    ['MTN', 'AIRTEL'].map((provider) => ({
      provider,
      operation: 'charge',
      fault,
      probability: 0.01,
    })),
);

/** `kill -9` of an api or the worker at random moments under load. */
export async function runKills({ servers, rounds, seed }: KillsOptions): Promise<Report> {
  const random = seededRandom(seed);
  await using fleet = await startFleet({ servers, apis: 2, workers: 1 });
  await fleet.control.put({ seed, rules: FAULTS });
  const load = startLoad({
    urls: () => fleet.apis.map(({ url }) => url),
    authorization: fleet.authorization,
    onWallet: fleet.canaries.addWallet,
    random,
  });
  const victims = [...fleet.apis, ...fleet.workers];
  const killed: Record<string, number> = {};
  for (let round = 0; round < rounds; round += 1) {
    await sleep(CALM_MS * random());
    const victim = victims[Math.floor(random() * victims.length)];
    if (!victim) continue;
    await victim.process.kill();
    killed[victim.label] = (killed[victim.label] ?? 0) + 1;
    await victim.process.restart();
  }
  await sleep(CALM_MS);
  await load.stop();
  await fleet.control.clear();
  await load.finish(QUIET_MS);
  await quiesce(fleet, QUIET_MS);
  const history = load.history();
  return await reportOf('kill -9', fleet, history, await checkBooks(fleet, history), {
    kills: rounds,
    'longest wait of a key, s': longestWaitSeconds(history),
    ...killed,
  });
}
