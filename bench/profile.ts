// `node bench/profile.ts accept|replay|refusal [seconds]`: where the api's CPU time goes, per request. The profiler
// itself costs a third or so; shares can be trusted, absolute times are too high.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageEnvironment } from '../scripts/image/environment.ts';
import { openBreaker, STAYS_OPEN } from './figures/open-breaker.ts';
import { load } from './loads.ts';
import { type CpuProfile, readSpending, type Spender } from './profile/cpu-profile.ts';
import { NO_CALLBACKS, openStage } from './stage.ts';

const PATHS = ['accept', 'replay', 'refusal'];
const SHOWN = 45;
const CONNECTIONS = 64;
const WARMUP_MS = 4_000;
const SAMPLE_EVERY_MICROS = 250;

async function profile(path: string, measureMs: number): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'gateway-profile-'));
  stack.defer(() => rm(directory, { recursive: true }));
  const stage = await openStage(stack, () => undefined);
  const books = await stage.openBooks();
  await stage.setFaults(NO_CALLBACKS);
  const flags = ['--cpu-prof', `--cpu-prof-interval=${SAMPLE_EVERY_MICROS}`];
  const options = imageEnvironment(...flags, `--cpu-prof-dir=${directory}`);
  const api = await books.startApi({ ...STAYS_OPEN, ...options });
  const run = `profile-${Date.now()}`;
  let shape = {};
  if (path === 'refusal') await openBreaker(stage, api, books, 'AIRTEL');
  if (path === 'replay') {
    shape = { run, distinctKeys: 1_000 };
    const paid = { run, connections: 16, measureMs: 60_000, maxRequests: 1_000 };
    await load(api, books, paid, 202);
  }
  const expected = path === 'refusal' ? 503 : 202;
  await load(api, books, { ...shape, connections: CONNECTIONS, measureMs: WARMUP_MS }, expected);
  const result = await load(
    api,
    books,
    { ...shape, connections: CONNECTIONS, measureMs },
    expected,
  );
  await api.process.stop();
  const [file = ''] = (await readdir(directory)).filter((name) => name.endsWith('.cpuprofile'));
  const profile: CpuProfile = JSON.parse(await readFile(join(directory, file), 'utf8'));
  const spent = readSpending(profile, measureMs * 1_000);
  const { sent, perSecond } = result;
  console.log(
    `${path}: ${Math.round(perSecond)}/s, ${(spent.busyMicros / sent).toFixed(0)} µs each`,
  );
  print('by function, self time', spent.functions, spent.busyMicros, sent);
  print(
    'by package or file, with the time it spends in Node',
    spent.owners,
    spent.busyMicros,
    sent,
  );
}

function print(title: string, spenders: Spender[], busyMicros: number, requests: number): void {
  console.log(`\n${title}`);
  for (const { name, micros } of spenders.slice(0, SHOWN)) {
    const share = ((micros / busyMicros) * 100).toFixed(1);
    console.log(
      `${share.padStart(6)} %  ${(micros / requests).toFixed(1).padStart(6)} µs  ${name}`,
    );
  }
}

const [path = '', seconds = '8'] = process.argv.slice(2);
if (PATHS.includes(path)) await profile(path, Number(seconds) * 1_000);
else console.error(`one of ${PATHS.join(', ')}`);
