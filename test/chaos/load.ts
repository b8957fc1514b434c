/** CHX-1: clients that pay with unique and repeated keys, and never give a key up before it is answered. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';

/** What the clients know about one key. Its amount is no other key's, so that charges can be told apart. */
export interface Story {
  key: string;
  amount: string;
  msisdn: string;
  /** The answer that ended it: 202 or 402. */
  answer: { status: number; text: string; paymentId: string } | null;
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

const WALLETS = 40;
const REPEATED_AMONG = 50;
const REQUEST_LIMIT_MS = 15_000;
const RETRY_MS = 150;
const MAX_PROBLEMS = 20;

/** The merchant may send the same key again after these. */
const AGAIN = new Set([408, 409, 429, 502, 503]);

export function startLoad(options: LoadOptions): Load {
  const { random, clients = 6, pauseMs = 25, repeatShare = 0.3, firstAmountMinor = 101 } = options;
  const agent = new Agent({ connections: 64, headersTimeout: REQUEST_LIMIT_MS });
  const stories: Story[] = [];
  const counts: Record<string, number> = {};
  const problems: string[] = [];
  const wallets = Array.from({ length: WALLETS }, (_, i) => makeWallet(i, random));
  for (const wallet of wallets) options.onWallet?.(wallet);
  const begunAt = new Map<Story, number>();
  let durations: number[] = [];
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
      return stories.at(-1 - Math.floor(random() * recent)) as Story;
    }
    const n = stories.length;
    const minor = firstAmountMinor + n;
    const amount = amountOf(minor);
    const msisdn = wallets[n % WALLETS] as string;
    const key = `load-${minor}-${Math.floor(random() * 2 ** 32).toString(16)}`;
    const story: Story = { key, amount, msisdn, answer: null, waitedMs: 0 };
    begunAt.set(story, performance.now());
    stories.push(story);
    return story;
  }

  /** One request; true when the key is answered for good. */
  async function send(story: Story): Promise<boolean> {
    const urls = options.urls();
    const url = urls[Math.floor(random() * urls.length)];
    const startedAt = performance.now();
    try {
      const response = await request(`${url}/v1/pay`, {
        method: 'POST',
        dispatcher: agent,
        signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
        headers: {
          authorization: options.authorization,
          'content-type': 'application/json',
          'idempotency-key': story.key,
        },
        body: JSON.stringify({
          amount: story.amount,
          currency: 'ZMW',
          payer: { msisdn: story.msisdn },
        }),
      });
      const text = await response.body.text();
      durations.push(performance.now() - startedAt);
      return take(story, response.statusCode, text);
    } catch (error) {
      const { code, name } = error as { code?: string; name?: string };
      count(`no answer: ${code ?? name}`);
      return false;
    }
  }

  function take(story: Story, status: number, text: string): boolean {
    const body = JSON.parse(text);
    count(body.code ? `${status} ${body.code}` : `${status}`);
    if (status === 202 || status === 402) {
      const paymentId = body.id ?? body.paymentId;
      compare(story, { status, text, paymentId });
      if (!story.answer) story.waitedMs = performance.now() - (begunAt.get(story) ?? 0);
      story.answer ??= { status, text, paymentId };
      return true;
    }
    if (AGAIN.has(status)) return false;
    problem(`${story.key} was answered ${status} ${text.slice(0, 300)}`);
    return status < 500;
  }

  /** A replay has the same bytes, unless the first answer said that it could not be recorded. */
  function compare({ key, answer }: Story, now: NonNullable<Story['answer']>): void {
    if (!answer) return;
    if (answer.paymentId !== now.paymentId) {
      problem(`${key} is two payments: ${answer.paymentId} and ${now.paymentId}`);
    }
    const unrecorded = [answer, now].some(({ text }) => text.includes('"not-recorded"'));
    if (!unrecorded && answer.text !== now.text) {
      problem(`${key} was answered twice, differently: ${answer.text} and ${now.text}`);
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
      const open = stories.filter(({ answer }) => answer === null);
      const queue = open.values();
      const driver = async () => {
        for (const story of queue) {
          while (!(await send(story)) && performance.now() < endsAt) await sleep(RETRY_MS);
          if (!story.answer) problem(`${story.key} has no answer after all`);
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
