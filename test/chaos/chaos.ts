/** One run of the instrument: load, harm, healing, rest, and everything that anybody believes compared. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../support/messaging.ts';
import { type Arena, startArena } from './arena.ts';
import type { ArenaServers } from './arena-servers.ts';
import { quiesce } from './books.ts';
import { CHECKERS } from './checkers/index.ts';
import { gatherEvidence } from './evidence.ts';
import { type Facts, gatherFacts } from './facts.ts';
import { type JournalEntry, openJournal, readJournal } from './journal.ts';
import { longestWaitSeconds, startLoad } from './load.ts';
import { makeHold, type Nemesis } from './nemeses/battle.ts';
import { NEMESES } from './nemeses/index.ts';
import { makeProviderFaults } from './nemeses/provider-faults.ts';
import { replayAll } from './replays.ts';

export interface ChaosOptions {
  seed: number;
  durationMs: number;
  /** At work all the time, each in a lane of its own. @default pairs drawn from the seed */
  nemeses?: readonly string[];
  /** @default 12 */
  clients?: number;
  /** A broker that nemeses leave alone. @default one of its own */
  kafkaBrokers?: string;
  /** Servers that stay: they are as they were when the run is over. @default new ones */
  servers?: ArenaServers;
  /** Each provider stands in for the other (AMB-2). @default false */
  failover?: boolean;
  /** `kill -9` for whoever is left when all is compared: what leaves in order has shown that before. @default false */
  abruptEnd?: boolean;
  log?: (line: string) => void;
}

export interface Verdict {
  checker: string;
  violations: readonly string[];
}

export interface ChaosReport {
  seed: number;
  durationMs: number;
  nemeses: readonly string[];
  /** The seed chose the nemeses too. */
  drawn: boolean;
  failover: boolean;
  /** Harm that was done, by kind. */
  faults: Readonly<Record<string, number>>;
  figures: Readonly<Record<string, number | string>>;
  /** What the run spent its time on, in seconds. */
  parts: Readonly<Record<string, number>>;
  /** What clients were answered. */
  answers: Readonly<Record<string, number>>;
  verdicts: readonly Verdict[];
  /** What is known of each payment in question; empty when all is well. */
  evidence: readonly string[];
}

const FINISH_MS = 60_000;
/** CHX-4: who is not at rest by then never will be. */
const REST_MS = 120_000;
/** A pair that was drawn works for this long. */
const PAIR_MS = 10_000;
const CALM_MS = 700;
const TIMID_SHARE = 0.2;
/** A little above the handler's deadline: clients of a copy that sleeps soon go elsewhere. */
const REQUEST_LIMIT_MS = 4_000;
/** A figure's name: with `--failover` nothing would be shown if there were none. */
export const WENT_ON = 'payments that went on to another provider';
const FAILOVER = { FAILOVER: 'MTN>AIRTEL,AIRTEL>MTN' };

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, log = () => undefined, kafkaBrokers, servers, abruptEnd } = options;
  const { failover = false } = options;
  const env = failover ? FAILOVER : {};
  const parts = stopwatch();
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'gateway-chaos-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const arena = stack.use(await startArena({ log, env, kafkaBrokers, servers, abruptEnd }));
  parts.end('start');
  const { fleet } = arena;
  const journalPath = join(folder, 'history.jsonl');
  const journal = stack.use(await openJournal(journalPath));
  const urls = () => arena.apis.map(({ url }) => url);
  const load = startLoad({
    urls,
    authorization: fleet.authorization,
    onWallet: fleet.canaries.addWallet,
    random: seededRandom(seed),
    clients: options.clients ?? 12,
    requestLimitMs: REQUEST_LIMIT_MS,
    timidShare: TIMID_SHARE,
    journal,
  });
  await sleep(CALM_MS);
  const harm = await fight(arena, options);
  const healedAt = performance.now();
  parts.end('harm');
  log('healed; waiting for rest');
  await load.stop();
  await load.finish(FINISH_MS);
  const problems = [...harm.problems, ...load.history().problems];
  await quiesce(fleet, REST_MS).catch(({ message }) => problems.push(`no rest: ${message}`));
  const restSeconds = ((performance.now() - healedAt) / 1_000).toFixed(1);
  parts.end('rest');
  const history = load.history();
  const replays = await replayAll(fleet, urls(), history.stories);
  const entries = readJournal(journalPath);
  const facts = await gatherFacts(fleet, entries, { replays, problems });
  const judged = CHECKERS.map(({ name, check }) => ({ checker: name, found: check(facts) }));
  const found = judged.flatMap((one) => one.found);
  const evidence = await gatherEvidence(fleet, urls()[0] as string, facts, entries, found);
  const faults = { ...harm.faults, ...(await providerFaults(arena)) };
  parts.end('compare');
  return {
    seed,
    durationMs: options.durationMs,
    nemeses: harm.nemeses,
    drawn: options.nemeses === undefined,
    failover,
    faults,
    figures: {
      ...figuresOf(facts, entries),
      'longest wait of a key, s': longestWaitSeconds(history),
      'at rest after, s': restSeconds,
    },
    parts: parts.seconds,
    answers: history.counts,
    verdicts: judged.map(({ checker, found: violations }) => ({
      checker,
      violations: violations.map(({ says }) => says),
    })),
    evidence,
  };
}

function stopwatch() {
  const seconds: Record<string, number> = {};
  let from = performance.now();
  return {
    seconds,
    end(part: string) {
      const now = performance.now();
      seconds[part] = Math.round((now - from) / 100) / 10;
      from = now;
    },
  };
}

/** Lets the nemeses loose for the duration; all harm is healed when this resolves. */
async function fight(arena: Arena, { seed, durationMs, nemeses, log }: ChaosOptions) {
  const random = seededRandom(seed ^ 0x5eed);
  const faults: Record<string, number> = {};
  const problems: string[] = [];
  const busy = new Set<object>();
  const plans = makeProviderFaults(arena.fleet, seed);
  const endsAt = performance.now() + durationMs;
  const used = new Set<string>();

  async function runLane(nemesis: Nemesis, laneSeed: number, untilMs: number): Promise<void> {
    const chance = seededRandom(laneSeed);
    used.add(nemesis.name);
    const battle = {
      arena,
      random: chance,
      faults: plans,
      hold: makeHold(busy, chance),
      problem: (says: string) => void problems.push(says),
      count(what: string, n = 1) {
        if (n > 0) faults[what] = (faults[what] ?? 0) + n;
      },
    };
    while (performance.now() < untilMs) {
      await nemesis.strike(battle);
      await sleep(CALM_MS * chance());
    }
  }

  const laneSeed = () => Math.floor(random() * 2 ** 31);
  if (nemeses) {
    const chosen = nemeses.map((name) => [nemesisOf(name), laneSeed()] as const);
    await Promise.all(chosen.map(([nemesis, lane]) => runLane(nemesis, lane, endsAt)));
  } else {
    while (performance.now() < endsAt) {
      const pair = drawPair(random);
      log?.(`${pair.map(({ name }) => name).join(' and ')}`);
      const untilMs = Math.min(endsAt, performance.now() + PAIR_MS);
      await Promise.all(pair.map((nemesis) => runLane(nemesis, laneSeed(), untilMs)));
    }
  }
  return { faults, problems, nemeses: [...used] };
}

export function nemesisOf(name: string): Nemesis {
  const found = NEMESES.get(name);
  if (!found)
    throw new Error(`no such nemesis: ${name}; there are ${[...NEMESES.keys()].join(', ')}`);
  return found;
}

function drawPair(random: () => number): Nemesis[] {
  const all = [...NEMESES.values()];
  const first = Math.floor(random() * all.length);
  const step = 1 + Math.floor(random() * (all.length - 1));
  return [all[first], all[(first + step) % all.length]] as Nemesis[];
}

/** The simulators count their own: a rule that never fired did no harm. */
async function providerFaults({ fleet }: Arena): Promise<Record<string, number>> {
  const fired = await fleet.control.fired();
  return Object.fromEntries(Object.entries(fired).map(([what, n]) => [`provider ${what}`, n]));
}

function figuresOf(facts: Facts, journal: readonly JournalEntry[]): ChaosReport['figures'] {
  const byStatus = Map.groupBy(facts.payments.values(), ({ status }) => status);
  const payments = [...byStatus].sort().map(([status, all]) => [`payments ${status}`, all.length]);
  const requests = journal.filter(({ type }) => type === 'invoke').length;
  return {
    keys: facts.keys.length,
    requests,
    'requests with a key used before': requests - facts.keys.length,
    'requests without an answer': journal.filter(({ type }) => type === 'info').length,
    'keys given up after a 5xx': facts.keys.filter(({ oks, infos }) => oks.length + infos === 0)
      .length,
    ...Object.fromEntries(payments),
    [WENT_ON]: [...facts.payments.values()].filter(({ attempts }) => attempts.length > 1).length,
    charges: facts.charges.length,
    events: facts.events.length,
    'keys replayed at the end': facts.replays.length,
  };
}
