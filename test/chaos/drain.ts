import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { seededRandom } from '../support/messaging.ts';
import { checkBooks, quiesce } from './books.ts';
import { type Addresses, type Fleet, type Role, startFleet } from './fleet.ts';
import { startLoad } from './load.ts';
import { type Report, reportOf } from './report.ts';

export interface DrainOptions {
  servers: Addresses;
  seed: number;
  /** How often each copy is replaced. @default 1 */
  rounds?: number;
}

const QUIET_MS = 30_000;
const DRAIN_MS = 10_000;
const PROBE_MS = 20;
/** Long enough for the balancer to look away, also on a busy machine. */
const ENV = {
  DEREGISTRATION_DELAY_MS: '2000',
  DRAIN_MS: String(DRAIN_MS),
  // The others hear of a goodbye with their next heartbeat, a tenth of it; of a death only at its end.
  KAFKA_SESSION_MS: '15000',
};
/** Whoever does not look away keeps sending this often, until nobody listens. */
const STUBBORN_MS = 100;
/** So that charges are under way whenever a listener closes. */
const SLOW = ['MTN', 'AIRTEL'].map((provider) => ({
  provider,
  operation: 'charge',
  fault: 'slow',
  delayMs: 800,
  probability: 0.3,
}));
const STUBBORN_WALLET = '+260976665551';
/** A partition of a worker that left must be somebody's long before a dead one's would be. */
const TAKEOVER_MS = 11_000;

/** BRK-13: copies are replaced one after another under load, as a rolling deployment does it. */
export async function runDrain({ servers, seed, rounds = 1 }: DrainOptions): Promise<Report> {
  await using fleet = await startFleet({ servers, apis: 2, workers: 2, env: ENV });
  await fleet.control.put({ seed, rules: SLOW });
  const problems: string[] = [];
  const balancer = watchHealth(fleet.apis);
  const load = startLoad({
    urls: balancer.healthy,
    authorization: fleet.authorization,
    onWallet: fleet.canaries.addWallet,
    random: seededRandom(seed),
  });
  await sleep(1_000);
  for (let round = 0; round < rounds; round += 1) {
    for (const api of fleet.apis) problems.push(...(await replaceApi(fleet, api)));
    for (const worker of fleet.workers) problems.push(...(await replaceWorker(fleet, worker)));
  }
  await load.stop();
  balancer.close();
  await load.finish(QUIET_MS);
  await quiesce(fleet, QUIET_MS);
  const history = load.history();
  for (const what of Object.keys(history.counts)) {
    if (!/^(202|409 payment-in-progress)$/.test(what)) problems.push(`clients saw: ${what}`);
  }
  problems.push(...(await checkBooks(fleet, history)));
  const replaced = rounds * (fleet.apis.length + fleet.workers.length);
  return await reportOf('SIGTERM', fleet, history, problems, { replaced });
}

/** Stops a copy, sees how it leaves, and starts it again. */
async function replaceApi(fleet: Fleet, api: Role): Promise<string[]> {
  const problems: string[] = [];
  const exited = api.process.kill('SIGTERM');
  const [seen, paid] = await Promise.all([probeUntilRefused(api), payUntilRefused(fleet, api)]);
  const { code, signal } = await exited;
  if (code !== 0) problems.push(`${api.label} ended with ${code ?? signal}`);
  const order = seen.join(' ');
  if (!/^(200 )*(503 )+(reset )?refused$/.test(order))
    problems.push(`${api.label} left like this: ${order}`);
  const stubborn = paid.join(' ');
  // One connection may be taken by the system just when nobody accepts any more.
  if (!/^(202 )+(reset )?(refused ?)+$/.test(stubborn)) {
    problems.push(`stubborn clients of ${api.label} saw: ${stubborn}`);
  }
  await api.process.restart();
  return problems;
}

/** Pays past the balancer: what was let in is answered, also when its answer is due after the close. */
async function payUntilRefused({ authorization }: Fleet, { url, label }: Role): Promise<string[]> {
  const sent: Promise<string>[] = [];
  const closed = new AbortController();
  const payOnce = async (n: number) => {
    const agent = new Agent({ pipelining: 0 });
    const key = `stubborn-${label}-${n}-${performance.now()}`;
    const result = await request(`${url}/v1/pay`, {
      method: 'POST',
      dispatcher: agent,
      headers: { authorization, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({
        amount: '9999.00',
        currency: 'ZMW',
        payer: { msisdn: STUBBORN_WALLET },
      }),
    }).then(async ({ statusCode, body }) => {
      await body.dump();
      return String(statusCode);
    }, nameOf);
    if (result === 'refused') closed.abort();
    await agent.destroy();
    return result;
  };
  while (!closed.signal.aborted && sent.length < DRAIN_MS / STUBBORN_MS) {
    sent.push(payOnce(sent.length));
    await sleep(STUBBORN_MS);
  }
  return await Promise.all(sent);
}

function nameOf({ code = 'no code' }: { code?: string }): string {
  if (code === 'ECONNREFUSED') return 'refused';
  return ['ECONNRESET', 'UND_ERR_SOCKET'].includes(code) ? 'reset' : code;
}

/** Health on a new connection each time, until nobody listens any more. */
async function probeUntilRefused({ url }: Role): Promise<string[]> {
  const seen: string[] = [];
  const endsAt = performance.now() + DRAIN_MS;
  while (seen.at(-1) !== 'refused' && performance.now() < endsAt) {
    seen.push(await probe(url));
    await sleep(PROBE_MS);
  }
  return seen;
}

async function probe(url: string): Promise<string> {
  const agent = new Agent({ pipelining: 0 });
  try {
    const { statusCode, body } = await request(`${url}/healthz`, { dispatcher: agent });
    await body.dump();
    return String(statusCode);
  } catch (error) {
    return nameOf(error as { code?: string });
  } finally {
    await agent.destroy();
  }
}

/** A worker that is asked to go leaves its group: nobody waits for its session to end. */
async function replaceWorker(fleet: Fleet, worker: Role): Promise<string[]> {
  const problems: string[] = [];
  const others = fleet.workers.filter((one) => one !== worker).map(({ label }) => label);
  const assigned = () =>
    fleet.logs
      .lines()
      .filter(
        (line) =>
          others.some((label) => line.startsWith(label)) &&
          line.includes('partitions assigned') &&
          line.includes(`"topic":"${fleet.topic('payments.jobs')}"`),
      ).length;
  const before = assigned();
  const { code, signal } = await worker.process.kill('SIGTERM');
  if (code !== 0) problems.push(`${worker.label} ended with ${code ?? signal}`);
  const endsAt = performance.now() + TAKEOVER_MS;
  while (assigned() === before && performance.now() < endsAt) await sleep(PROBE_MS);
  if (assigned() === before) problems.push(`nobody took over from ${worker.label} in time`);
  await worker.process.restart();
  return problems;
}

/** What a load balancer does: only copies whose last health check was good get requests. */
function watchHealth(apis: readonly Role[]) {
  const good = new Set(apis.map(({ url }) => url));
  const stopping = new AbortController();
  const watch = async (url: string) => {
    while (!stopping.signal.aborted) {
      if ((await probe(url)) === '200') good.add(url);
      else good.delete(url);
      await sleep(4 * PROBE_MS);
    }
  };
  for (const { url } of apis) void watch(url);
  return { healthy: () => [...good], close: () => stopping.abort() };
}
