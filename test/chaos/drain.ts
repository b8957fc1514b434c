import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../support/messaging.ts';
import { type Balancer, startBalancer } from './balancer.ts';
import { checkBooks, quiesce } from './books.ts';
import { type Addresses, type Fleet, startFleet } from './fleet.ts';
import { findLingering, payStubbornly, STUBBORN_WALLET, watchLeaving } from './leaving.ts';
import { startLoad } from './load.ts';
import { type Report, reportOf } from './report.ts';

export interface DrainOptions {
  servers: Addresses;
  seed: number;
  /** How often the whole fleet is replaced, copy by copy. @default 1 */
  rounds?: number;
  /** @default 6 */
  clients?: number;
}

const QUIET_MS = 30_000;
const DRAIN_MS = 10_000;
/** Long enough for the balancer to look away, also on a busy machine. */
const ENV = {
  DEREGISTRATION_DELAY_MS: '2000',
  DRAIN_MS: String(DRAIN_MS),
  // The others hear of a goodbye with their next heartbeat, a tenth of it; of a death only at its end.
  KAFKA_SESSION_MS: '30000',
};
/** So that charges are under way whenever a listener closes. */
const SLOW = ['MTN', 'AIRTEL'].map((provider) => ({
  provider,
  operation: 'charge',
  fault: 'slow',
  delayMs: 800,
  probability: 0.3,
}));
/** A partition of a worker that left must be somebody's long before a dead one's would be. */
const TAKEOVER_MS = 22_000;
const LOOK_MS = 50;

/** BRK-13: copies are replaced one after another under load, as a rolling deployment does it. */
export async function runDrain(options: DrainOptions): Promise<Report> {
  const { servers, seed, rounds = 1, clients = 6 } = options;
  await using fleet = await startFleet({ servers, apis: 2, workers: 2, env: ENV });
  await fleet.control.put({ seed, rules: SLOW });
  fleet.canaries.addWallet(STUBBORN_WALLET);
  await using balancer = await startBalancer(fleet.apis.map(({ url }) => url));
  const load = startLoad({
    urls: () => [balancer.url],
    authorization: fleet.authorization,
    onWallet: fleet.canaries.addWallet,
    random: seededRandom(seed),
    clients,
  });
  await sleep(1_000);
  const problems: string[] = [];
  const cut: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all([
      replaceApis(fleet, balancer, round).then((seen) => {
        problems.push(...seen.problems);
        cut.push(...seen.cut);
      }),
      replaceWorkers(fleet).then((seen) => problems.push(...seen)),
    ]);
  }
  await load.stop();
  await load.finish(QUIET_MS);
  problems.push(...(await findLetIn(fleet, balancer.url, cut)));
  await quiesce(fleet, QUIET_MS);
  const history = load.history();
  for (const what of Object.keys(history.counts)) {
    if (!/^(202|409 payment-in-progress)$/.test(what)) problems.push(`clients saw: ${what}`);
  }
  problems.push(...findLingering(fleet), ...(await checkBooks(fleet, history)));
  return await reportOf('SIGTERM', fleet, history, problems, {
    'rolling restarts': rounds,
    'copies replaced': rounds * (fleet.apis.length + fleet.workers.length),
    'resets behind the balancer': resetsOf(balancer),
    'stubborn connections that were cut unread': cut.length,
    ...balancer.figures(),
  });
}

function resetsOf(balancer: Balancer): number {
  const { 'handed on': _, ...wrong } = balancer.figures();
  return Object.values(wrong).reduce((sum, n) => sum + n, 0);
}

/**
 * In turn the balancer is told first, as ECS tells it, and the signal comes first, so that only the copy's own
 * health tells the balancer.
 */
async function replaceApis(fleet: Fleet, balancer: Balancer, round: number) {
  const problems: string[] = [];
  const cut: string[] = [];
  for (const [i, api] of fleet.apis.entries()) {
    if ((round + i) % 2 === 0) await balancer.deregister(api.url);
    const exited = api.process.kill('SIGTERM');
    const seen = await watchLeaving(fleet, api, DRAIN_MS);
    problems.push(...seen.problems);
    cut.push(...seen.cut);
    const { code, signal } = await exited;
    if (code !== 0) problems.push(`${api.label} ended with ${code ?? signal}`);
    await api.process.restart();
    balancer.register(api.url);
    await balancer.inService(api.url);
  }
  return { problems, cut };
}

/** A request that was let in must be answered: one whose connection was reset must be new to everybody. */
async function findLetIn(fleet: Fleet, url: string, cut: readonly string[]): Promise<string[]> {
  const problems: string[] = [];
  for (const key of cut) {
    const { status, replayed } = await payStubbornly(fleet, url, key);
    if (status !== 202 || replayed) {
      problems.push(`${key} was let in and then cut: ${status}${replayed ? ' replayed' : ''}`);
    }
  }
  return problems;
}

/** A worker that is asked to go leaves its group: nobody waits for its session to end. */
async function replaceWorkers(fleet: Fleet): Promise<string[]> {
  const problems: string[] = [];
  for (const worker of fleet.workers) {
    const others = fleet.workers.filter((one) => one !== worker).map(({ label }) => label);
    const isTakenOver = watchLog(
      fleet,
      (line) =>
        others.some((label) => line.startsWith(label)) &&
        line.includes('partitions assigned') &&
        line.includes(`"topic":"${fleet.topic('payments.jobs')}"`),
    );
    const { code, signal } = await worker.process.kill('SIGTERM');
    if (code !== 0) problems.push(`${worker.label} ended with ${code ?? signal}`);
    const endsAt = performance.now() + TAKEOVER_MS;
    while (!isTakenOver() && performance.now() < endsAt) await sleep(LOOK_MS);
    if (!isTakenOver()) problems.push(`nobody took over from ${worker.label} in time`);
    await worker.process.restart();
  }
  return problems;
}

/** True once a line that came after this call fits; each line is looked at once, since there are very many. */
function watchLog({ logs }: Fleet, fits: (line: string) => boolean): () => boolean {
  let seen = logs.lines().length;
  let found = false;
  return () => {
    const lines = logs.lines();
    for (; seen < lines.length && !found; seen += 1) found = fits(lines[seen] as string);
    return found;
  };
}
