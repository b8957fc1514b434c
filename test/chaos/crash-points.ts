import { setTimeout as sleep } from 'node:timers/promises';
import type { Failpoint } from '../../src/domain/failpoints.ts';
import { seededRandom } from '../support/messaging.ts';
import { checkBooks, quiesce } from './books.ts';
import { type Addresses, type Fleet, type Role, startFleet } from './fleet.ts';
import { type Load, mergeHistories, startLoad } from './load.ts';
import { type Report, reportOf } from './report.ts';

export interface CrashPointsOptions {
  servers: Addresses;
  seed: number;
}

/** IDM-9: the points of the api … */
const API_POINTS: readonly Failpoint[] = [
  'before-claim',
  'after-claim',
  'after-intent',
  'before-send',
  'after-accept',
  'after-outcome',
];
/** … and of the worker: both sides of a publish, of an effect's commit, and of a settlement's (KAF-6). */
const WORKER_POINTS: readonly [loops: string, point: Failpoint][] = [
  ['relay', 'before-publish'],
  ['relay', 'after-publish'],
  ['jobs', 'before-effect'],
  ['jobs', 'after-effect'],
  ['settle', 'after-due'],
  ['settle', 'after-word'],
  ['settle', 'after-outcome'],
];

const DEATH_MS = 30_000;
const QUIET_MS = 60_000;
const AMOUNTS_PER_LOAD = 10_000;

/** A copy dies at each named point, under load; another one takes over. */
export async function runCrashPoints({ servers, seed }: CrashPointsOptions): Promise<Report> {
  await using fleet = await startFleet({ servers, apis: 1, workers: 1 });
  let loads = 0;
  const load = (urls: () => readonly string[]) => {
    loads += 1;
    return startLoad({
      urls,
      authorization: fleet.authorization,
      onWallet: fleet.canaries.addWallet,
      random: seededRandom(seed + loads),
      firstAmountMinor: 101 + loads * AMOUNTS_PER_LOAD,
      clients: 2,
      pauseMs: 30,
    });
  };
  const apiLoads = await crashApis(fleet, load);
  const workerLoad = await crashWorkers(fleet, load);
  await quiesce(fleet, QUIET_MS);
  const history = mergeHistories([...apiLoads, workerLoad].map((one) => one.history()));
  const points = API_POINTS.length + WORKER_POINTS.length;
  return await reportOf('crash points', fleet, history, await checkBooks(fleet, history), {
    points,
  });
}

type StartLoad = (urls: () => readonly string[]) => Load;

async function crashApis(fleet: Fleet, load: StartLoad): Promise<Load[]> {
  const [healthy] = fleet.apis as [Role];
  return await Promise.all(
    API_POINTS.map(async (point, i) => {
      const copy = await fleet.startApi({ FAILPOINTS: `${point}:${3 + i}` });
      let url = copy.url;
      const clients = load(() => [url]);
      await death(copy, point);
      url = healthy.url;
      await clients.stop();
      await clients.finish(QUIET_MS);
      return clients;
    }),
  );
}

async function crashWorkers(fleet: Fleet, load: StartLoad): Promise<Load> {
  await fleet.workers[0]?.process.stop();
  const clients = load(() => fleet.apis.map(({ url }) => url));
  await Promise.all(
    WORKER_POINTS.map(async ([loops, point], i) => {
      const copy = await fleet.startWorker({
        WORKER_LOOPS: loops,
        FAILPOINTS: `${point}:${2 + i}`,
      });
      await death(copy, point);
    }),
  );
  await fleet.startWorker();
  await clients.stop();
  await clients.finish(QUIET_MS);
  return clients;
}

async function death({ process }: Role, point: Failpoint): Promise<void> {
  const late = new AbortController();
  const limit = sleep(DEATH_MS, null, { signal: late.signal }).catch(() => null);
  const exit = await Promise.race([process.exited, limit]);
  late.abort();
  if (exit?.signal !== 'SIGKILL') throw new Error(`nobody died at ${point}`);
}
