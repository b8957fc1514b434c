import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../support/messaging.ts';
import { openRaw } from '../support/raw-http.ts';
import { checkBooks, quiesce } from './books.ts';
import { type Addresses, type Role, startFleet } from './fleet.ts';
import { startLoad } from './load.ts';
import { type Report, reportOf } from './report.ts';

export interface SlowClientsOptions {
  servers: Addresses;
  /** @default 500 */
  clients?: number;
  seed: number;
}

/** SEC-6: headers must be complete within 10 s, looked at each second; the rest is for a busy machine. */
const CLOSED_WITHIN_MS = 14_000;
const QUIET_MS = 30_000;
const DRIP_MS = 500;

/** Clients that send their headers byte by byte and never come to an end, beside good ones. */
export async function runSlowClients(options: SlowClientsOptions): Promise<Report> {
  const { servers, clients = 500, seed } = options;
  await using fleet = await startFleet({ servers, apis: 1, workers: 1 });
  const [api] = fleet.apis as [Role];
  const load = startLoad({
    urls: () => [api.url],
    authorization: fleet.authorization,
    onWallet: fleet.canaries.addWallet,
    random: seededRandom(seed),
  });
  await sleep(1_000);
  load.resetTimes();
  const lived = await Promise.all(Array.from({ length: clients }, () => lifeOf(api)));
  const { p99Ms, maxMs } = load.times();
  await load.stop();
  await load.finish(QUIET_MS);
  await quiesce(fleet, QUIET_MS);

  const problems: string[] = [];
  const longest = Math.max(...lived.map(({ ms }) => ms));
  const open = lived.filter(({ ms }) => ms > CLOSED_WITHIN_MS).length;
  if (open > 0) problems.push(`${open} slow clients were still connected`);
  const rude = lived.filter(({ said }) => !said.startsWith('HTTP/1.1 408 ')).length;
  if (rude > 0) problems.push(`${rude} slow clients were not told why`);
  const history = load.history();
  for (const what of Object.keys(history.counts)) {
    if (!/^(202|409 payment-in-progress)$/.test(what)) problems.push(`good clients saw: ${what}`);
  }
  problems.push(...(await checkBooks(fleet, history)));
  return await reportOf('slow clients', fleet, history, problems, {
    'slow clients': clients,
    'longest connected, s': (longest / 1_000).toFixed(1),
    'good clients p99, ms': p99Ms.toFixed(0),
    'good clients max, ms': maxMs.toFixed(0),
  });
}

async function lifeOf({ url }: Role): Promise<{ ms: number; said: string }> {
  const startedAt = performance.now();
  const { socket, closed } = await openRaw(Number(new URL(url).port));
  socket.write('POST /v1/pay HTTP/1.1\r\nHost: slow\r\nX-Slow: ');
  const drip = setInterval(() => socket.write('a'), DRIP_MS);
  const limit = setTimeout(() => socket.destroy(), 2 * CLOSED_WITHIN_MS);
  const said = await closed;
  clearInterval(drip);
  clearTimeout(limit);
  return { ms: performance.now() - startedAt, said };
}
