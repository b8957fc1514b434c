/** How one copy of the api leaves, as everybody sees it who does not look away. */
import { get, Agent as HttpAgent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { nameOfFailure, probeHealth } from './balancer.ts';
import type { Fleet, Role } from './fleet.ts';

export interface Leaving {
  problems: string[];
  /** Payments whose connection was reset: none of them may have been let in. */
  cut: readonly string[];
}

const PROBE_MS = 20;
/** Whoever does not look away keeps sending this often, until nobody listens. */
const STUBBORN_MS = 100;
export const STUBBORN_WALLET = '+260976665551';

/**
 * Watches a copy from SIGTERM to its end: health goes first, payments are still taken, kept connections are told to
 * close and are served until then, and only then is nobody there.
 */
export async function watchLeaving(fleet: Fleet, api: Role, limitMs: number): Promise<Leaving> {
  const endsAt = performance.now() + limitMs;
  const [seen, kept, stubborn] = await Promise.all([
    probeUntilRefused(api, endsAt),
    askUntilTold(api, endsAt),
    payUntilRefused(fleet, api, endsAt),
  ]);
  const problems: string[] = [];
  const order = seen.join(' ');
  // What the system has taken for a listener that closes is reset; nobody has read any of it.
  if (!/^(200 )*(503 )+(reset )*refused$/.test(order))
    problems.push(`${api.label} left like this: ${order}`);
  const paid = stubborn.map(({ result }) => result).join(' ');
  if (!/^(202 )+(reset )*(refused ?)+$/.test(paid))
    problems.push(`stubborn clients of ${api.label} saw: ${paid}`);
  const asked = kept.join(' ');
  if (!/^(keep-alive )*close$/.test(asked))
    problems.push(`a kept connection of ${api.label} saw: ${asked}`);
  const cut = stubborn.filter(({ result }) => result === 'reset').map(({ key }) => key);
  return { problems, cut };
}

/** Copies that were done and did not go: something of theirs still ran. */
export function findLingering({ logs }: Fleet): string[] {
  return logs.lines().filter((line) => line.includes('closed, but something still runs'));
}

/** Health on a new connection each time, until nobody listens any more. */
async function probeUntilRefused({ url }: Role, endsAt: number): Promise<string[]> {
  const seen: string[] = [];
  while (seen.at(-1) !== 'refused' && performance.now() < endsAt) {
    seen.push(await probeHealth(url));
    await sleep(PROBE_MS);
  }
  return seen;
}

/** One connection that is kept, until an answer says that it will not be: each answer's `Connection`, or an error. */
async function askUntilTold({ url }: Role, endsAt: number): Promise<string[]> {
  const agent = new HttpAgent({ keepAlive: true, maxSockets: 1 });
  const told: string[] = [];
  const askOnce = () =>
    new Promise<string>((resolve) => {
      const asked = get(`${url}/openapi.json`, { agent }, (response) => {
        const { connection = 'none' } = response.headers;
        response.resume().once('end', () => resolve(connection));
      });
      asked.once('error', (error) => resolve(nameOfFailure(error as { code?: string })));
    });
  while ((told.at(-1) ?? 'keep-alive') === 'keep-alive' && performance.now() < endsAt) {
    told.push(await askOnce());
    await sleep(PROBE_MS);
  }
  agent.destroy();
  return told;
}

/** Pays past the balancer: what was let in is answered, also when its answer is due after the close. */
async function payUntilRefused(fleet: Fleet, { url, label }: Role, endsAt: number) {
  const sent: Promise<{ key: string; result: string }>[] = [];
  const closed = new AbortController();
  const payOnce = async (key: string) => {
    const result = await payStubbornly(fleet, url, key).then(
      ({ status }) => String(status),
      nameOfFailure,
    );
    if (result === 'refused') closed.abort();
    return { key, result };
  };
  while (!closed.signal.aborted && performance.now() < endsAt) {
    sent.push(payOnce(`stubborn-${label}-${sent.length}-${performance.now()}`));
    await sleep(STUBBORN_MS);
  }
  return await Promise.all(sent);
}

/** On a connection of its own. */
export async function payStubbornly({ authorization }: Fleet, url: string, key: string) {
  const agent = new Agent({ pipelining: 0 });
  try {
    const { statusCode, headers, body } = await request(`${url}/v1/pay`, {
      method: 'POST',
      dispatcher: agent,
      headers: { authorization, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({
        amount: '9999.00',
        currency: 'ZMW',
        payer: { msisdn: STUBBORN_WALLET },
      }),
    });
    await body.dump();
    return { status: statusCode, replayed: headers['idempotent-replayed'] === 'true' };
  } finally {
    await agent.destroy();
  }
}
