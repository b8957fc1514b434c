/** CHX-1: clients that pay with unique and repeated keys, and never give a key up before it is answered. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { Journal } from './journal.ts';

/** What the clients know about one key. Its amount is no other key's, so that charges can be told apart. */
export interface Story {
  key: string;
  amount: string;
  msisdn: string;
  /** The answer that ended it: 202 or 402, as it is stored. */
  answer: { status: number; text: string; paymentId: string } | null;
  /** One merchant alone sends this key, and never again after a 5xx that followed nothing worse. */
  timid?: boolean;
  /** It was given up so: no money may have moved. */
  givenUp?: boolean;
  /** From its first request to that answer. */
  waitedMs: number;
}

export interface LoadOptions {
  /** Addresses of the api copies; asked for each request, since copies come and go. */
  urls: () => readonly string[];
  authorization: string;
  /** Called with each wallet before it is first used. */
  onWallet?: (msisdn: string) => void;
  random: () => number;
  /** @default 6 */
  clients?: number;
  /** Mean pause of a client between two keys. @default 25 */
  pauseMs?: number;
  /** Share of requests with a key that was used before. @default 0.3 */
  repeatShare?: number;
  /** Amount of the first key in minor units; loads of one fleet must not overlap. @default 101 */
  firstAmountMinor?: number;
  /** Share of keys that are given up after a 5xx. @default 0 */
  timidShare?: number;
  /** A request without an answer is given up after this. @default 15,000 */
  requestLimitMs?: number;
  /** Told of each request before it is sent, and of what came of it. */
  journal?: Pick<Journal, 'write'>;
}

export interface History {
  stories: readonly Story[];
  /** Answers by status and code, and requests that got none by the error's code. */
  counts: Readonly<Record<string, number>>;
  /** What a merchant must never see. */
  problems: readonly string[];
}

export interface Load {
  /** Lets requests under way end and sends no more. */
  stop(): Promise<void>;
  /** Drives every key that has no answer yet until it has one, or the time is up. */
  finish(timeoutMs: number): Promise<void>;
  /** How long answers took since the last reset. */
  times(): { p99Ms: number; maxMs: number };
  resetTimes(): void;
  history(): History;
}

type Told = NonNullable<Story['answer']>;

/** The one answer that is given without a commit: the key tells the truth later. */
const isUnrecorded = (text: string) => text.includes('"not-recorded"');

const WALLETS = 40;
const REPEATED_AMONG = 50;
const REQUEST_LIMIT_MS = 15_000;
const RETRY_MS = 150;
const MAX_PROBLEMS = 20;
const NO_JOURNAL: Pick<Journal, 'write'> = { write: () => Promise.resolve() };

/** The merchant may send the same key again after these. */
const AGAIN = new Set([408, 409, 429, 502, 503]);

export function startLoad(options: LoadOptions): Load {
  const { random, clients = 6, pauseMs = 25, repeatShare = 0.3, firstAmountMinor = 101 } = options;
  const { journal = NO_JOURNAL, timidShare = 0 } = options;
  const { requestLimitMs = REQUEST_LIMIT_MS } = options;
  const agent = new Agent({ connections: 64, headersTimeout: requestLimitMs });
  const stories: Story[] = [];
  const counts: Record<string, number> = {};
  const problems: string[] = [];
  const wallets = Array.from({ length: WALLETS }, (_, i) => makeWallet(i, random));
  for (const wallet of wallets) options.onWallet?.(wallet);
  const begunAt = new Map<Story, number>();
  const uncertain = new Set<Story>();
  const told = new Map<Story, Told>();
  let durations: number[] = [];
  let requests = 0;
  let stopping = false;

  const count = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  const problem = (text: string) => {
    if (problems.length < MAX_PROBLEMS) problems.push(text);
  };

  function pick(): Story {
    if (random() < repeatShare && stories.length > 0) {
      const recent = Math.min(stories.length, REPEATED_AMONG);
      const story = stories.at(-1 - Math.floor(random() * recent)) as Story;
      if (!story.timid) return story;
    }
    const n = stories.length;
    const minor = firstAmountMinor + n;
    const amount = amountOf(minor);
    const msisdn = wallets[n % WALLETS] as string;
    const key = `load-${minor}-${Math.floor(random() * 2 ** 32).toString(16)}`;
    const timid = timidShare > 0 && random() < timidShare;
    const story: Story = { key, amount, msisdn, answer: null, waitedMs: 0, timid };
    begunAt.set(story, performance.now());
    stories.push(story);
    return story;
  }

  /** One request; true when the key is answered for good. */
  async function send(story: Story): Promise<boolean> {
    const urls = options.urls();
    const url = urls[Math.floor(random() * urls.length)];
    const { key, amount } = story;
    requests += 1;
    const number = requests;
    await journal.write({ type: 'invoke', request: number, key, amount });
    const startedAt = performance.now();
    try {
      const response = await request(`${url}/v1/pay`, {
        method: 'POST',
        dispatcher: agent,
        signal: AbortSignal.timeout(requestLimitMs),
        headers: {
          authorization: options.authorization,
          'content-type': 'application/json',
          'idempotency-key': key,
        },
        body: JSON.stringify({ amount, currency: 'ZMW', payer: { msisdn: story.msisdn } }),
      });
      const text = await response.body.text();
      durations.push(performance.now() - startedAt);
      return await take(story, number, response.statusCode, text);
    } catch (error) {
      const { code, name } = error as { code?: string; name?: string };
      const what = String(code ?? name);
      count(`no answer: ${what}`);
      // Nobody listened, so nothing was sent; after anything else nobody knows.
      if (what === 'ECONNREFUSED') {
        await journal.write({ type: 'fail', request: number, key, status: 0, code: what });
      } else {
        uncertain.add(story);
        await journal.write({ type: 'info', request: number, key, error: what });
      }
      return false;
    }
  }

  async function take(
    story: Story,
    number: number,
    status: number,
    text: string,
  ): Promise<boolean> {
    const body = JSON.parse(text);
    const { key } = story;
    count(body.code ? `${status} ${body.code}` : `${status}`);
    if (status === 202 || status === 402) {
      const paymentId = body.id ?? body.paymentId;
      await journal.write({ type: 'ok', request: number, key, status, paymentId, text });
      const heard = told.get(story);
      if (heard) compare(story, heard, { status, text, paymentId });
      told.set(story, { status, text, paymentId });
      if (isUnrecorded(text)) {
        uncertain.add(story);
        return true;
      }
      if (!story.answer) story.waitedMs = performance.now() - (begunAt.get(story) ?? 0);
      story.answer ??= { status, text, paymentId };
      return true;
    }
    await journal.write({ type: 'fail', request: number, key, status, code: String(body.code) });
    if (!AGAIN.has(status)) problem(`${key} was answered ${status} ${text.slice(0, 300)}`);
    story.givenUp = story.timid === true && status >= 500 && !uncertain.has(story);
    return story.givenUp || (!AGAIN.has(status) && status < 500);
  }

  /** A replay has the same bytes, unless the first answer said that it could not be recorded. */
  function compare({ key }: Story, before: Told, now: Told): void {
    if (before.paymentId !== now.paymentId) {
      problem(`${key} is two payments: ${before.paymentId} and ${now.paymentId}`);
    }
    if (!isUnrecorded(before.text) && !isUnrecorded(now.text) && before.text !== now.text) {
      problem(`${key} was answered twice, differently: ${before.text} and ${now.text}`);
    }
  }

  async function runClient(): Promise<void> {
    while (!stopping) {
      const story = pick();
      while (!(await send(story)) && !stopping) await sleep(RETRY_MS * (0.5 + random()));
      await sleep(2 * pauseMs * random());
    }
  }

  const running = Promise.all(Array.from({ length: clients }, runClient));
  return {
    async stop() {
      stopping = true;
      await running;
    },
    async finish(timeoutMs) {
      const endsAt = performance.now() + timeoutMs;
      const open = stories.filter(({ answer, givenUp }) => answer === null && !givenUp);
      const queue = open.values();
      const driver = async () => {
        for (const story of queue) {
          const isEnded = () => story.answer !== null || story.givenUp;
          while (!((await send(story)) && isEnded()) && performance.now() < endsAt) {
            await sleep(RETRY_MS);
          }
          if (!isEnded()) problem(`${story.key} has no answer after all`);
        }
      };
      await Promise.all(Array.from({ length: clients }, driver));
      await agent.close();
    },
    times() {
      const sorted = durations.toSorted((a, b) => a - b);
      return { p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? 0, maxMs: sorted.at(-1) ?? 0 };
    },
    resetTimes() {
      durations = [];
    },
    history: () => ({ stories, counts, problems }),
  };
}

/** How long the slowest key had to be sent again and again. */
export function longestWaitSeconds({ stories }: History): string {
  return (Math.max(0, ...stories.map(({ waitedMs }) => waitedMs)) / 1_000).toFixed(1);
}

/** A decimal string in major units, of a currency with two decimals. */
export function amountOf(minor: number): string {
  return `${Math.floor(minor / 100)}.${String(minor % 100).padStart(2, '0')}`;
}

export function mergeHistories(histories: readonly History[]): History {
  const counts: Record<string, number> = {};
  for (const one of histories) {
    for (const [what, n] of Object.entries(one.counts)) counts[what] = (counts[what] ?? 0) + n;
  }
  return {
    stories: histories.flatMap(({ stories }) => stories),
    counts,
    problems: histories.flatMap(({ problems }) => problems),
  };
}

/** Half of them MTN's, half Airtel's, with digits of their own that no test's log may show. */
function makeWallet(i: number, random: () => number): string {
  const operator = i % 2 === 0 ? '96' : '97';
  const digits = 1_000_000 + Math.floor(random() * 8_999_999);
  return `+260${operator}${digits}`;
}
