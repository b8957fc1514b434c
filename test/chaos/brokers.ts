import { setTimeout as sleep } from 'node:timers/promises';
import { type KafkaCluster, startKafkaCluster } from '../../scripts/servers/kafka-cluster.ts';
import { eventually } from '../support/eventually.ts';
import { withAdmin } from '../support/kafka.ts';
import { seededRandom } from '../support/messaging.ts';
import { checkBooks, quiesce } from './books.ts';
import { type Addresses, type Fleet, startFleet } from './fleet.ts';
import { startLoad } from './load.ts';
import { type Report, reportOf } from './report.ts';

export interface BrokersOptions {
  /** Redis and Postgres; the brokers are the test's own. */
  servers: Addresses;
  /** In each of them one broker is lost, and then two. @default 3, so that each of three is lost alone */
  rounds?: number;
  /** How long they are gone each time. @default 15 */
  seconds?: number;
  seed: number;
  log?: (line: string) => void;
}

const SIZE = 3;
const QUIET_MS = 120_000;
const RETURN_MS = 90_000;
/** So many of them come after a broker's death that all partitions have some. */
const SOME_MESSAGES = 50;
/** Every message on all of them, and acknowledged by two at least (KAF-1). */
const ENV = { KAFKA_MIN_REPLICATION: String(SIZE) };

const WAITING = 'outbox where published_at is null';
const ACCEPTED = 'idempotency_keys where answer_status = 202';

/** KAF-1, KAF-9: brokers of a cluster are killed under load, one at a time and two at once. */
export async function runBrokers(options: BrokersOptions): Promise<Report> {
  const { rounds = SIZE, seconds = 15, seed, log = () => undefined } = options;
  await using cluster = await startKafkaCluster(SIZE, log);
  const servers = { ...options.servers, kafkaBrokers: cluster.address };
  await using fleet = await startFleet({ servers, apis: 1, workers: 2, env: ENV });
  const load = startLoad({
    urls: () => fleet.apis.map(({ url }) => url),
    authorization: fleet.authorization,
    onWallet: fleet.canaries.addWallet,
    random: seededRandom(seed),
    pauseMs: 50,
  });
  await sleep(2_000);
  const problems: string[] = [];
  const figures: Record<string, number | string> = {};
  const note = (what: string, n: number) => {
    figures[what] = Math.max(Number(figures[what] ?? 0), n);
  };
  for (let round = 0; round < rounds; round += 1) {
    log(`round ${round + 1}: one broker is lost`);
    const seen = await loseOne(fleet, cluster, round, seconds);
    if (seen.problem) problems.push(seen.problem);
    note('published in time without one broker, s at most', seen.caughtUpSeconds);
    log(`round ${round + 1}: two brokers are lost`);
    const without = await loseTwo(fleet, cluster, round, seconds);
    if (without.accepted === 0) problems.push('no payment was accepted without two brokers');
    note('accepted without two brokers, at most', without.accepted);
    note('messages that waited, at most', without.waited);
    note('settled after their return, s at most', without.settledSeconds);
  }
  await load.stop();
  await load.finish(QUIET_MS);
  await quiesce(fleet, QUIET_MS);
  const history = load.history();
  for (const what of Object.keys(history.counts)) {
    if (!/^(202|409 payment-in-progress)$/.test(what)) problems.push(`clients saw: ${what}`);
  }
  problems.push(...(await checkBooks(fleet, history)));
  const deaths = { brokers: SIZE, 'one lost': rounds, 'two lost': rounds, 'gone for, s': seconds };
  return await reportOf('brokers lost', fleet, history, problems, { ...deaths, ...figures });
}

/** Two copies are enough: what is accepted after the loss is published before the broker is back. */
async function loseOne(fleet: Fleet, cluster: KafkaCluster, round: number, seconds: number) {
  const lost = cluster.brokers[round % SIZE];
  await lost?.kill();
  const lostAt = performance.now();
  const newest = await highest(fleet);
  const caughtUp = await published(fleet, newest + SOME_MESSAGES).then(
    () => null,
    ({ message }: Error) => `nothing is published without ${lost?.way}: ${message}`,
  );
  const caughtUpSeconds = secondsSince(lostAt);
  await sleep(Math.max(0, seconds * 1_000 - (performance.now() - lostAt)));
  await lost?.restart();
  await allInSync(fleet);
  return { problem: caughtUp, caughtUpSeconds };
}

/** One copy is not enough: payments are taken, and told when the others are back. */
async function loseTwo(fleet: Fleet, cluster: KafkaCluster, round: number, seconds: number) {
  const lost = cluster.brokers.filter((_, i) => i !== round % SIZE);
  await Promise.all(lost.map((broker) => broker.kill()));
  const before = await count(fleet, ACCEPTED);
  await sleep(seconds * 1_000);
  const accepted = (await count(fleet, ACCEPTED)) - before;
  const waited = await count(fleet, WAITING);
  const returnedAt = performance.now();
  await Promise.all(lost.map((broker) => broker.restart()));
  await allInSync(fleet);
  await published(fleet, await highest(fleet));
  return { accepted, waited, settledSeconds: secondsSince(returnedAt) };
}

/** Resolves when there are messages up to this one, and all of them are published. */
async function published(fleet: Fleet, until: number): Promise<void> {
  await eventually(
    async () => {
      const behind = await count(fleet, `${WAITING} and id <= ${until}`);
      if (behind > 0 || (await highest(fleet)) < until) throw new Error(`${behind} messages wait`);
    },
    { timeoutMs: RETURN_MS, everyMs: 100 },
  );
}

/** Only then may the next one go: to lose the last copy of something is no test of the gateway. */
async function allInSync({ brokers, topic }: Fleet): Promise<void> {
  const topics = ['payments.jobs', 'payments.events'].map(topic);
  await eventually(
    () =>
      withAdmin(brokers, async (admin) => {
        const known = await admin.metadata({ topics, forceUpdate: true });
        for (const name of topics) {
          const copies = known.topics.get(name)?.partitions.map(({ isr }) => isr.length) ?? [0];
          if (Math.min(...copies) < SIZE) throw new Error(`${name} is not in sync: ${copies}`);
        }
      }),
    { timeoutMs: RETURN_MS, everyMs: 200 },
  );
}

async function count({ pool }: Fleet, from: string): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(`select count(*)::integer as n from ${from}`);
  return rows[0]?.n ?? 0;
}

async function highest({ pool }: Fleet): Promise<number> {
  const { rows } = await pool.query<{ id: number }>(
    'select coalesce(max(id), 0)::integer as id from outbox',
  );
  return rows[0]?.id ?? 0;
}

function secondsSince(at: number): number {
  return Math.round((performance.now() - at) / 100) / 10;
}
