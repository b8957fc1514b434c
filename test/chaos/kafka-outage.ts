import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { smallTaskEnvironment } from '../../scripts/image/environment.ts';
import { startServers } from '../../scripts/servers/start-servers.ts';
import { seededRandom } from '../support/messaging.ts';
import { checkBooks, quiesce } from './books.ts';
import { type Addresses, type Fleet, type Role, startFleet } from './fleet.ts';
import { type Load, startLoad } from './load.ts';
import { type Report, reportOf } from './report.ts';

export interface KafkaOutageOptions {
  /** Redis and Postgres; the broker is the test's own. */
  servers: Addresses;
  /** Of the outage: the first half the broker hangs, the second it is gone. */
  seconds: number;
  seed: number;
  /** Requests that the clients send, about. @default as many as six with short pauses do */
  perSecond?: number;
}

const QUIET_MS = 90_000;
const SAMPLE_MS = 500;
/** Many with long pauses: their rate hardly depends on how long an answer takes. */
const CLIENTS = 50;
/**
 * At a given rate, of the answers during the outage. The api never talks to Kafka, so what can make it shed load is
 * the machine, which it shares with everything else here (BRK-9: the same key pays later), or a backlog that makes
 * it slower the longer it grows. A few are the former; more than these would be the latter.
 */
const SHED_SHARE = 0.01;
const SHED = '503 overloaded';
/** What a process may grow by meanwhile: a backlog held in memory would be more, or end it. */
const GROWTH_LIMIT_MB = 150;

/** KAF-13: no broker for a while, under load. */
export async function runKafkaOutage(options: KafkaOutageOptions): Promise<Report> {
  const { seconds, seed, perSecond } = options;
  await using own = await startServers({ kafka: true });
  const servers = { ...options.servers, kafkaBrokers: own.kafkaBrokers };
  await using fleet = await startFleet({
    servers,
    apis: 1,
    workers: 1,
    env: smallTaskEnvironment(),
  });
  const load = startLoad({
    urls: () => fleet.apis.map(({ url }) => url),
    authorization: fleet.authorization,
    onWallet: fleet.canaries.addWallet,
    random: seededRandom(seed),
    ...(perSecond ? { clients: CLIENTS, pauseMs: (CLIENTS * 1_000) / perSecond } : { pauseMs: 50 }),
  });
  await sleep(2_000);
  const memory = watchMemory([...fleet.apis, ...fleet.workers]);
  const calm = answersOf(load);
  const before = await accepted(fleet);
  await own.kafka.pause();
  await sleep(seconds * 500);
  await own.kafka.kill();
  await sleep(seconds * 500);
  const during = (await accepted(fleet)) - before;
  const backlog = await waiting(fleet);
  const dark = answersOf(load);
  await own.kafka.restart();
  const backAt = performance.now();
  await sleep(2_000);
  await load.stop();
  await load.finish(QUIET_MS);
  await quiesce(fleet, QUIET_MS);
  const drainedSeconds = ((performance.now() - backAt) / 1_000).toFixed(1);
  const { problems: grown, figures } = memory.end();
  const problems = [...grown];
  if (during === 0) problems.push('no payment was accepted while Kafka was down');
  const history = load.history();
  const shed = dark.shed - calm.shed;
  if (shed > (dark.all - calm.all) * SHED_SHARE) {
    problems.push(`${shed} of ${dark.all - calm.all} requests were shed while Kafka was down`);
  }
  for (const what of Object.keys(history.counts)) {
    if (perSecond && what === SHED) continue;
    if (!/^(202|409 payment-in-progress)$/.test(what)) problems.push(`clients saw: ${what}`);
  }
  problems.push(...(await checkBooks(fleet, history)));
  return await reportOf('Kafka down', fleet, history, problems, {
    'outage, s': seconds,
    'accepted meanwhile': during,
    'messages that waited': backlog,
    'all settled after, s': drainedSeconds,
    'requests during the outage': dark.all - calm.all,
    'of them shed': shed,
    'shed after it': answersOf(load).shed - dark.shed,
    ...figures,
  });
}

async function count({ pool }: Fleet, from: string): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(`select count(*)::integer as n from ${from}`);
  return rows[0]?.n ?? 0;
}

const accepted = (fleet: Fleet) => count(fleet, 'idempotency_keys where answer_status = 202');
const waiting = (fleet: Fleet) => count(fleet, 'outbox where published_at is null');

function answersOf(load: Load): { all: number; shed: number } {
  const { counts } = load.history();
  const all = Object.values(counts).reduce((sum, n) => sum + n, 0);
  return { all, shed: counts[SHED] ?? 0 };
}

/** Resident memory of each process, from now on; its largest growth is what counts. */
function watchMemory(roles: readonly Role[]) {
  const start = new Map(roles.map((role) => [role, residentMb(role)]));
  const peak = new Map(start);
  const timer = setInterval(() => {
    for (const role of roles) peak.set(role, Math.max(peak.get(role) ?? 0, residentMb(role)));
  }, SAMPLE_MS);
  return {
    end() {
      clearInterval(timer);
      const figures: Record<string, string> = {};
      const problems: string[] = [];
      for (const role of roles) {
        const [from = 0, to = 0] = [start.get(role), peak.get(role)];
        figures[`${role.label}, MB`] = `${from} to ${to}`;
        if (to - from > GROWTH_LIMIT_MB)
          problems.push(`${role.label} grew from ${from} to ${to} MB`);
      }
      return { figures, problems };
    },
  };
}

/** 0 where the system does not say. */
function residentMb({ process: { pid } }: Role): number {
  try {
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Math.round(Number(kilobytes) / 1024);
  } catch {
    return 0;
  }
}
