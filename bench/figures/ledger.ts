import { setTimeout as sleep } from 'node:timers/promises';
import { smallTaskEnvironment } from '../../scripts/image/environment.ts';
import type { Figure } from '../figure.ts';
import { median } from '../load/statistics.ts';
import { load, type Measured } from '../loads.ts';
import { type Memory, watchMemory } from '../memory.ts';
import type { BenchOptions } from '../options.ts';
import type { Books, Endpoint, Stage } from '../stage.ts';

const RATE_PER_SECOND = 500;
const P99_MARK_MS = 1_000;
const MEMORY_MARK_MB = 150;
const WARMUP_MS = 3_000;
/** Enough that the generator never waits for a free connection while answers take up to half a second. */
const CONNECTIONS = 256;
/** A rate is tried above the one before, until one does not hold. */
const STEP = 1.5;
const MOST_STEPS = 6;
/** After the last POST everything must arrive within this, or the rate was not sustained. */
const ARRIVE_LIMIT_MS = 60_000;
/** Ledger rows in the measured time, against those that were due in it. */
const SUSTAINED = 0.98;

interface Round {
  ratePerSecond: number;
  /** Postings committed in the measured time, per second. */
  ledgerPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  answer: Measured['latencyMs'];
}

/**
 * From the moment at which a POST was due to the commit of its ledger row, at a constant rate; the whole way:
 * api, outbox, relay, Kafka, worker, the provider's status, the provider's callback too.
 */
export async function measureLedger(stage: Stage, options: BenchOptions): Promise<Figure[]> {
  const { pairs, seconds } = options;
  const books = await stage.openBooks();
  await stage.setFaults([]);
  const api = await books.startApi({ ...smallTaskEnvironment(), PORT: String(stage.publicPort) });
  const worker = await books.startWorker({ ...smallTaskEnvironment(), FIRST_STATUS_QUERY_MS: '1' });
  const memory = watchMemory({ api: api.process.pid, worker: worker.pid });
  const rounds: Round[] = [];
  for (let round = 0; round < pairs; round += 1) {
    rounds.push(await post(api, books, RATE_PER_SECOND, seconds * 1_000));
  }
  const used = memory.stop();
  const highest = await highestRate(api, books, seconds * 1_000);
  await worker.stop();
  await api.process.stop();
  await books.verify();
  return [...speed(rounds, highest), ...used.map(memoryFigure)];
}

function speed(rounds: Round[], highest: Round[]): Figure[] {
  const held = highest.filter(holds).at(-1);
  const common = { ours: null, reference: null };
  return [
    {
      ...common,
      name: `POST to ledger at ${RATE_PER_SECOND}/s, p99`,
      unit: 'ms',
      values: rounds.map(({ p99Ms }) => p99Ms),
      measure: 'ms',
      mark: { at: 'most', value: P99_MARK_MS },
      details: rounds,
    },
    {
      ...common,
      name: `POST to ledger, sustained`,
      unit: 'payments/s',
      values: rounds.map(({ ledgerPerSecond }) => ledgerPerSecond),
      measure: 'payments/s',
      mark: { at: 'least', value: RATE_PER_SECOND * SUSTAINED },
      details: highest,
      note: `the highest rate tried that held p99 ≤ 1 s: ${held?.ratePerSecond ?? 'none'}/s (p99 ${Math.round(held?.p99Ms ?? 0)} ms)`,
    },
  ];
}

function holds({ p99Ms, ledgerPerSecond, ratePerSecond }: Round): boolean {
  return p99Ms <= P99_MARK_MS && ledgerPerSecond >= SUSTAINED * ratePerSecond;
}

async function highestRate(api: Endpoint, books: Books, measureMs: number): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let step = 1; step <= MOST_STEPS; step += 1) {
    const rate = Math.round(RATE_PER_SECOND * STEP ** step);
    const round = await post(api, books, rate, measureMs).catch(() => null);
    if (round !== null) rounds.push(round);
    if (round === null || !holds(round)) break;
  }
  return rounds;
}

async function post(
  api: Endpoint,
  books: Books,
  ratePerSecond: number,
  measureMs: number,
): Promise<Round> {
  const run = `ledger-${Date.now()}`;
  const shape = { run, connections: CONNECTIONS, ratePerSecond, warmupMs: WARMUP_MS, measureMs };
  const result = await load(api, books, shape, 202);
  await arrived(books);
  const warmup = Math.round((WARMUP_MS / 1_000) * ratePerSecond);
  const fromMs = result.firstDueAtMs + WARMUP_MS;
  const { rows } = await books.pool.query<Omit<Round, 'ratePerSecond' | 'answer'>>(LATENCIES, [
    `${run}-`,
    result.firstDueAtMs,
    1_000 / ratePerSecond,
    warmup,
    fromMs,
    fromMs + measureMs,
  ]);
  const [measured] = rows;
  if (measured === undefined) throw new Error('no ledger rows');
  return { ...measured, ratePerSecond, answer: result.latencyMs };
}

async function arrived({ pool }: Books): Promise<void> {
  const since = performance.now();
  for (;;) {
    const { rows } = await pool.query<{ open: number }>(
      `select count(*)::integer as open from payments where status not in ('SUCCEEDED', 'FAILED')`,
    );
    if (rows[0]?.open === 0) return;
    if (performance.now() - since > ARRIVE_LIMIT_MS) throw new Error('payments did not settle');
    await sleep(250);
  }
}

const LATENCIES = `
with paid as (
  select split_part(p.reference, '-', 3)::integer as n,
    extract(epoch from pg_xact_commit_timestamp(t.xmin))::float8 * 1000 as posted_ms
  from payments p join ledger_transactions t on t.payment_id = p.id
  where starts_with(p.reference, $1)
), timed as (
  select posted_ms, posted_ms - ($2::float8 + n * $3::float8) as ms from paid where n >= $4
)
select percentile_disc(0.5) within group (order by ms) as "p50Ms",
  percentile_disc(0.99) within group (order by ms) as "p99Ms",
  max(ms) as "maxMs",
  (select count(*) from paid where posted_ms >= $5 and posted_ms < $6)::float8
    / (($6::float8 - $5::float8) / 1000) as "ledgerPerSecond"
from timed`;

function memoryFigure({ name, samplesMb, growth }: Memory): Figure {
  return {
    name: `memory of the ${name} under that load, highest`,
    unit: 'MB',
    values: [Math.max(...samplesMb)],
    ours: null,
    reference: null,
    measure: 'MB',
    mark: { at: 'most', value: MEMORY_MARK_MB },
    details: samplesMb,
    note: `median ${Math.round(median(samplesMb))} MB; last quarter against second quarter: ${growth.toFixed(2)} ×`,
  };
}
