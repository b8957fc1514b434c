/** A load balancer of the tests' own: what stands before copies that come and go, as an ALB stands before tasks. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, Pool, request } from 'undici';

export interface Balancer extends AsyncDisposable {
  readonly url: string;
  /** Sends nothing new to the copy; resolves when what was under way is answered. */
  deregister(url: string): Promise<void>;
  /** Sends requests to the copy from now on, whenever its health checks are good. */
  register(url: string): void;
  /** Resolves when the copy gets requests. */
  inService(url: string): Promise<void>;
  /** Requests handed on, and what went wrong between the balancer and the copies. */
  figures(): Readonly<Record<string, number>>;
}

interface Target {
  url: string;
  pool: Pool;
  registered: boolean;
  healthy: boolean;
  /** Checks in a row that say the opposite of `healthy`. */
  opposed: number;
  underWay: number;
}

/** An ALB asks every five seconds at best: the tests have less time, and their grace is shorter in proportion. */
const CHECK_EVERY_MS = 100;
/** A copy that is slow is not unwell: on a busy machine all of them are. */
const CHECK_LIMIT_MS = 5_000;
/** Checks in a row that change its mind, as an ALB's thresholds do. */
const THRESHOLD = 2;
const POLL_MS = 10;
/** Of one hop; they are the connection's own business. */
const HOP_HEADERS = new Set(['connection', 'keep-alive', 'transfer-encoding', 'host', 'expect']);

export async function startBalancer(urls: readonly string[]): Promise<Balancer> {
  const targets = new Map(urls.map((url) => [url, makeTarget(url)]));
  const counts: Record<string, number> = {};
  const count = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  const stopping = new AbortController();
  let turn = 0;

  function next(): Target | undefined {
    const open = [...targets.values()].filter((one) => one.registered && one.healthy);
    turn += 1;
    return open[turn % open.length];
  }

  async function handle(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const target = next();
    if (!target) return refuse(answer, 503, 'balancer-has-no-copy');
    count('handed on');
    target.underWay += 1;
    try {
      await handOn(target, incoming, body, answer);
    } catch (error) {
      count(`copy gave no answer: ${nameOfFailure(error as { code?: string })}`);
      refuse(answer, 502, 'balancer-got-no-answer');
    } finally {
      target.underWay -= 1;
    }
  }

  const find = (url: string): Target => {
    const target = targets.get(url);
    if (!target) throw new Error(`${url} is no copy of this balancer's`);
    return target;
  };
  const server = createServer((incoming, answer) => {
    // A client that went away needs no answer.
    handle(incoming, answer).catch(() => answer.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const watching = [...targets.values()].map((target) => watch(target, stopping.signal));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async deregister(url) {
      const target = find(url);
      target.registered = false;
      while (target.underWay > 0) await sleep(POLL_MS);
    },
    register(url) {
      Object.assign(find(url), { registered: true, healthy: false, opposed: 0 });
    },
    async inService(url) {
      const target = find(url);
      while (!target.healthy) await sleep(POLL_MS);
    },
    figures: () => ({ ...counts }),
    async [Symbol.asyncDispose]() {
      stopping.abort();
      server.close();
      server.closeAllConnections();
      await Promise.all([...watching, ...[...targets.values()].map(({ pool }) => pool.destroy())]);
    },
  };
}

async function handOn(
  { pool }: Target,
  { url = '/', method, headers }: IncomingMessage,
  body: Buffer,
  answer: ServerResponse,
): Promise<void> {
  const taken = await pool.request({
    path: url,
    method: method as 'POST',
    headers: ownHeaders(headers),
    ...(body.length > 0 && { body }),
  });
  const bytes = Buffer.from(await taken.body.arrayBuffer());
  answer.writeHead(taken.statusCode, ownHeaders(taken.headers)).end(bytes);
}

function refuse(answer: ServerResponse, status: number, code: string): void {
  answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ code }));
}

async function watch(target: Target, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    const isGood = (await probeHealth(target.url)) === '200';
    target.opposed = isGood === target.healthy ? 0 : target.opposed + 1;
    if (target.opposed >= THRESHOLD) target.healthy = isGood;
    await sleep(CHECK_EVERY_MS);
  }
}

function makeTarget(url: string): Target {
  const pool = new Pool(url, { connections: 64 });
  return { url, pool, registered: true, healthy: true, opposed: 0, underWay: 0 };
}

function ownHeaders<T>(headers: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_HEADERS.has(name)));
}

/** One look at its health, on a connection of its own: a status, `refused`, `reset`, or an error's code. */
export async function probeHealth(url: string): Promise<string> {
  const agent = new Agent({ pipelining: 0 });
  try {
    const signal = AbortSignal.timeout(CHECK_LIMIT_MS);
    const { statusCode, body } = await request(`${url}/healthz`, { dispatcher: agent, signal });
    await body.dump();
    return String(statusCode);
  } catch (error) {
    return nameOfFailure(error as { code?: string });
  } finally {
    await agent.destroy();
  }
}

export function nameOfFailure({ code = 'no code' }: { code?: string | number }): string {
  if (code === 'ECONNREFUSED') return 'refused';
  return ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(String(code)) ? 'reset' : String(code);
}
