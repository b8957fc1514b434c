/** TST-7: two releases at once, forward and back again, under load; then everything that anybody believes compared. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import { readTopic } from '../support/kafka.ts';
import { seededRandom } from '../support/messaging.ts';
import { type Balancer, startBalancer } from './balancer.ts';
import { quiesce } from './books.ts';
import { CHECKERS } from './checkers/index.ts';
import { gatherFacts } from './facts.ts';
import { type Addresses, type Fleet, type Role, startFleet } from './fleet.ts';
import { openJournal, readJournal } from './journal.ts';
import { findLingering } from './leaving.ts';
import { startLoad } from './load.ts';
import { NEXT, type NextVersion, plantNextVersion } from './next-version.ts';
import { replayAll } from './replays.ts';
import { type Report, reportOf } from './report.ts';

export interface VersionsOptions {
  servers: Addresses;
  seed: number;
  /** How long each mixture of versions is at work. @default 10 */
  seconds?: number;
  log?: (line: string) => void;
}

const ENV = { DEREGISTRATION_DELAY_MS: '1000', DRAIN_MS: '10000' };
const FINISH_MS = 60_000;
/** A job that nobody could read delays its payment by a minute. */
const REST_MS = 150_000;

/** What one stage of a deployment replaces, and by which version; the migrations of that version run first. */
interface Stage {
  apis?: 'present' | 'next';
  workers?: 'present' | 'next';
}

/** Each version's api meets the other's workers, on the way forward and on the way back. */
const THERE_AND_BACK: readonly Stage[] = [
  { apis: 'next' },
  { workers: 'next' },
  { apis: 'present' },
  { workers: 'present' },
];

const COUNTS = `
select count(*) filter (where next_note = '${NEXT}')::integer as next,
  count(*) filter (where next_note is null)::integer as present,
  count(*) filter (where next_note = '${NEXT}' and status = 'SUCCEEDED')::integer as "nextDone",
  count(*) filter (where next_note is null and status = 'SUCCEEDED')::integer as "presentDone"
from payments`;

type Counts = Record<'next' | 'present' | 'nextDone' | 'presentDone', number>;

/** The next version adds: nobody may notice. */
export async function runVersions(options: VersionsOptions): Promise<Report> {
  await using next = await plantNextVersion('additions');
  return await deploy(options, next, THERE_AND_BACK, async (run) => {
    const { fleet, problems, counts } = run;
    const found = await counts();
    const events = await readTopic(fleet.brokers, fleet.topic('payments.events'));
    const theirs = events.filter(({ value }) => value.includes('"nextField"')).length;
    if (theirs === 0 || theirs === events.length) problems.push(`${theirs} events have the field`);
    return {
      deadLetters: 0,
      figures: {
        'payments begun by the next version': found.next,
        'and by the present one': found.present,
        'events with the new field': theirs,
        'and without it': events.length - theirs,
      },
    };
  });
}

/**
 * The next version's api speaks in jobs that the present workers cannot read: those are put aside, by name, and every
 * payment still comes to its end; the next version's workers then take what was put aside, and nothing changes.
 */
export async function runNewJobs(options: VersionsOptions): Promise<Report> {
  await using next = await plantNextVersion('new jobs');
  const stages: Stage[] = [{ apis: 'next' }, { workers: 'next' }];
  return await deploy(options, next, stages, async ({ fleet, problems }) => {
    const letters = await readTopic(fleet.brokers, fleet.topic('payments.jobs.dlq'));
    const classes = new Set(letters.map(({ headers }) => headers.error_class));
    if ([...classes].join() !== 'version-unknown') {
      problems.push(`dead letters of these classes: ${[...classes].join() || 'none'}`);
    }
    const reason = ['--reason', 'workers updated', '--by', 'test', '--rate', '1000/s'];
    const replay = ['dlq', 'replay', '--all', ...reason];
    const { code, output } = await fleet.runOf(next.root, 'admin', ...replay);
    const replayed = Number(/(\d+) of \d+ replayed/.exec(output)?.[1] ?? 0);
    if (code !== 0 || replayed === 0) problems.push(`replayed ${replayed}: ${output.slice(-300)}`);
    const ids = [...new Set(letters.map(({ value }) => JSON.parse(value).id))];
    await allProcessed(fleet, ids).catch(({ message }) => problems.push(message));
    return {
      deadLetters: letters.length,
      figures: { 'jobs put aside': letters.length, 'of class': [...classes].join(), replayed },
    };
  });
}

async function allProcessed({ pool }: Fleet, eventIds: readonly string[]): Promise<void> {
  await eventually(
    async () => {
      const { rowCount } = await pool.query(
        'select 1 from processed_events where event_id = any($1::uuid[])',
        [eventIds],
      );
      if (rowCount !== eventIds.length) {
        throw new Error(`${rowCount} of ${eventIds.length} jobs that were put aside are handled`);
      }
    },
    { timeoutMs: FINISH_MS, everyMs: 200 },
  );
}

interface Deployment {
  fleet: Fleet;
  balancer: Balancer;
  next: NextVersion;
  problems: string[];
  counts(): Promise<Counts>;
}

interface Ending {
  /** So many there must be. */
  deadLetters: number;
  figures: Report['figures'];
}

async function deploy(
  { servers, seed, seconds = 10, log = () => undefined }: VersionsOptions,
  next: NextVersion,
  stages: readonly Stage[],
  end: (run: Deployment) => Promise<Ending>,
): Promise<Report> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'gateway-versions-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const fleet = stack.use(await startFleet({ servers, apis: 2, workers: 2, env: ENV }));
  const balancer = stack.use(await startBalancer(fleet.apis.map(({ url }) => url)));
  const journalPath = join(folder, 'history.jsonl');
  const journal = stack.use(await openJournal(journalPath));
  const load = startLoad({
    urls: () => [balancer.url],
    authorization: fleet.authorization,
    onWallet: fleet.canaries.addWallet,
    random: seededRandom(seed),
    journal,
  });
  const problems: string[] = [];
  const counts = async () => (await fleet.pool.query<Counts>(COUNTS)).rows[0] as Counts;
  const run: Deployment = { fleet, balancer, next, problems, counts };
  await sleep(seconds * 500);
  await migrate(run, next.root);
  await sleep(seconds * 500);
  for (const stage of stages) {
    log(
      Object.entries(stage)
        .map(([role, version]) => `${role}: ${version}`)
        .join(', '),
    );
    await replace(run, stage, seconds);
  }
  await load.stop();
  await load.finish(FINISH_MS);
  await quiesce(fleet, REST_MS).catch(({ message }) => problems.push(`no rest: ${message}`));
  const { deadLetters, figures } = await end(run);
  const history = load.history();
  problems.push(...history.problems, ...findLingering(fleet));
  for (const what of Object.keys(history.counts)) {
    if (!/^(202|409 payment-in-progress)$/.test(what)) problems.push(`clients saw: ${what}`);
  }
  const replays = await replayAll(fleet, [balancer.url], history.stories);
  const facts = await gatherFacts(fleet, readJournal(journalPath), { replays, problems });
  const judged = { ...facts, deadLetters: facts.deadLetters - deadLetters };
  const found = CHECKERS.flatMap(({ name, check }) =>
    check(judged).map(({ says }) => `${name}: ${says}`),
  );
  return await reportOf('two versions', fleet, history, found, {
    stages: stages.length,
    'seconds of each': seconds,
    ...figures,
    ...balancer.figures(),
  });
}

/** Under load, and by two at once, as two tasks that start do it. */
async function migrate({ fleet, problems }: Deployment, root: string | undefined): Promise<void> {
  for (const { code, output } of await Promise.all([
    fleet.runOf(root, 'migrate'),
    fleet.runOf(root, 'migrate'),
  ])) {
    if (code !== 0) problems.push(`migrate failed: ${output.slice(-500)}`);
  }
}

/** Copy by copy. Each mixture must bring payments to their end, whoever began them. */
async function replace(run: Deployment, stage: Stage, seconds: number): Promise<void> {
  const { problems, counts } = run;
  const root = (version: 'present' | 'next') => (version === 'next' ? run.next.root : undefined);
  const version = stage.apis ?? stage.workers ?? 'present';
  await migrate(run, root(version));
  if (stage.apis) await replaceApis(run, root(stage.apis));
  if (stage.workers) await replaceWorkers(run, root(stage.workers));
  const before = await counts();
  await sleep(seconds * 1_000);
  const after = await counts();
  const isBusy = after.next + after.present > before.next + before.present;
  const isSettling = after.nextDone + after.presentDone > before.nextDone + before.presentDone;
  if (!isBusy) problems.push(`no payment was begun: ${JSON.stringify(stage)}`);
  if (!isSettling) problems.push(`no payment was settled: ${JSON.stringify(stage)}`);
}

async function replaceApis({ fleet, balancer, problems }: Deployment, root?: string) {
  for (const [i, api] of fleet.apis.entries()) {
    problems.push(...(await end(api)));
    fleet.apis[i] = await fleet.startApi({}, Number(new URL(api.url).port), root);
    balancer.register(api.url);
    await balancer.inService(api.url);
  }
}

async function replaceWorkers({ fleet, problems }: Deployment, root?: string) {
  for (const [i, worker] of fleet.workers.entries()) {
    problems.push(...(await end(worker)));
    fleet.workers[i] = await fleet.startWorker({}, root);
  }
}

async function end({ process, label }: Role): Promise<string[]> {
  const { code, signal } = await process.stop();
  return code === 0 ? [] : [`${label} ended with ${code ?? signal}`];
}
