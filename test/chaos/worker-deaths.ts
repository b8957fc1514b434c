import { setTimeout as sleep } from 'node:timers/promises';
import type { Failpoint } from '../../src/domain/failpoints.ts';
import { seededRandom } from '../support/messaging.ts';
import { checkBooks, quiesce } from './books.ts';
import { type Addresses, type Fleet, startFleet } from './fleet.ts';
import { startLoad } from './load.ts';
import { type Report, reportOf } from './report.ts';

export interface WorkerDeathsOptions {
  servers: Addresses;
  /** Deaths at each point. */
  rounds: number;
  seed: number;
}

/** KAF-6: both sides of a publish and of an effect's commit, and the end of a settlement. */
const POINTS: readonly (readonly [loops: string, point: Failpoint, atOnce: number])[] = [
  ['relay', 'before-publish', 1],
  ['relay', 'after-publish', 1],
  // A dead member of the group is missed at the end of its session, and all of the group waits for that: these
  // share the wait.
  ['jobs', 'before-effect', 3],
  ['jobs', 'after-effect', 3],
  ['settle', 'after-outcome', 1],
];
const DEATH_MS = 60_000;
const QUIET_MS = 120_000;

/** `kill -9` of a worker at each of the points, again and again, while others do the same. */
export async function runWorkerDeaths(options: WorkerDeathsOptions): Promise<Report> {
  const { servers, rounds, seed } = options;
  const env = { KAFKA_SESSION_MS: '6000' };
  await using fleet = await startFleet({ servers, apis: 1, workers: 0, env });
  const load = startLoad({
    urls: () => fleet.apis.map(({ url }) => url),
    authorization: fleet.authorization,
    onWallet: fleet.canaries.addWallet,
    random: seededRandom(seed),
    clients: 4,
    pauseMs: 60,
  });
  const problems: string[] = [];
  const deaths: Record<string, number> = {};
  await Promise.all(
    POINTS.flatMap(([loops, point, atOnce], i) => {
      const random = seededRandom(seed + i + 1);
      const hits = Array.from({ length: rounds }, () => 1 + Math.floor(random() * 4)).entries();
      return Array.from({ length: atOnce }, async () => {
        for (const [round, hit] of hits) {
          if (await dies(fleet, { WORKER_LOOPS: loops, FAILPOINTS: `${point}:${hit}` })) {
            deaths[`died ${point}`] = (deaths[`died ${point}`] ?? 0) + 1;
          } else problems.push(`nobody died at ${point} in round ${round}`);
        }
      });
    }),
  );
  await fleet.startWorker();
  await load.stop();
  await load.finish(QUIET_MS);
  await quiesce(fleet, QUIET_MS);
  const history = load.history();
  problems.push(...(await checkBooks(fleet, history)));
  return await reportOf('worker deaths', fleet, history, problems, deaths);
}

/** True when it died of its failpoint, before or after it said that it was ready. */
async function dies(fleet: Fleet, env: Record<string, string>): Promise<boolean> {
  const copy = await fleet.startWorker(env).catch(({ message }) => {
    if (!/ended before it was ready, by SIGKILL/.test(message)) throw new Error(message);
    return null;
  });
  if (!copy) return true;
  const late = new AbortController();
  const limit = sleep(DEATH_MS, null, { signal: late.signal }).catch(() => null);
  const exit = await Promise.race([copy.process.exited, limit]);
  late.abort();
  if (!exit) await copy.process.kill();
  return exit?.signal === 'SIGKILL';
}
