// `node bench/profile.ts accept|replay|refusal [seconds]`: where the api's CPU time goes, per request; with `backlog`, where
// the worker's goes, and what the servers beside it use. The profiler itself costs a third or so; shares can be trusted,
// absolute times are too high.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageEnvironment } from '../scripts/image/environment.ts';
import { descendants } from '../scripts/servers/process-tree.ts';
import { drained } from './figures/backlog.ts';
import { openBreaker, STAYS_OPEN } from './figures/open-breaker.ts';
import { load } from './loads.ts';
import { cpuMs } from './processes.ts';
import { type CpuProfile, readSpending, type Spender } from './profile/cpu-profile.ts';
import { type Books, NO_CALLBACKS, openStage, type Settings, type Stage } from './stage.ts';

const PATHS = ['accept', 'replay', 'refusal', 'backlog'];
const BACKLOG_JOBS = 8_000;
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
  if (path === 'backlog') return await profileBacklog(stage, books, options, directory);
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
  await tell(path, directory, { measureMs, ...result });
}

/** The last that a process did, by what it wrote when it ended. */
async function tell(
  path: string,
  directory: string,
  { measureMs, sent, perSecond }: { measureMs: number; sent: number; perSecond: number },
): Promise<void> {
  const [file = ''] = (await readdir(directory)).filter((name) => name.endsWith('.cpuprofile'));
  const profile: CpuProfile = JSON.parse(await readFile(join(directory, file), 'utf8'));
  const { busyMicros, functions, owners } = readSpending(profile, measureMs * 1_000);
  console.log(`${path}: ${Math.round(perSecond)}/s, ${(busyMicros / sent).toFixed(0)} µs each`);
  print('by function, self time', functions, busyMicros, sent);
  print('by package or file, with the time it spends in Node', owners, busyMicros, sent);
}

/** Payments that were accepted while no worker ran, and one worker that takes all of them to the ledger. */
async function profileBacklog(
  stage: Stage,
  books: Books,
  options: Settings,
  directory: string,
): Promise<void> {
  const api = await books.startApi();
  const shape = { connections: CONNECTIONS, measureMs: 60_000, maxRequests: BACKLOG_JOBS };
  const { sent } = await load(api, books, shape, 202);
  await api.process.stop();
  const { postgres, kafka } = stage.servers;
  const processes = { postgres, kafka, simulators: stage.simulators };
  const used = () => Object.entries(processes).map(([name, { pid }]) => [name, treeCpuMs(pid)]);
  const before = Object.fromEntries(used());
  const startedAtMs = performance.now();
  const worker = await books.startWorker({ FIRST_STATUS_QUERY_MS: '1', ...options });
  const { ledgerMs } = await drained(books);
  const measureMs = performance.now() - startedAtMs;
  const after = used() as [string, number][];
  await worker.stop();
  await tell('backlog', directory, { measureMs, sent, perSecond: (sent / ledgerMs) * 1_000 });
  console.log('\nbeside it, CPU time of the whole process tree');
  for (const [name, ms] of after) {
    console.log(`${(((ms - before[name]) / sent) * 1_000).toFixed(0).padStart(8)} µs  ${name}`);
  }
}

/** A Postgres has a process for each connection. */
function treeCpuMs(pid: number | undefined): number {
  if (pid === undefined) return 0;
  return descendants(pid).reduce((sum, one) => sum + (cpuMs(one) ?? 0), 0);
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
