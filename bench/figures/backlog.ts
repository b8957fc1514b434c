import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from '../figure.ts';
import { load } from '../loads.ts';
import type { BenchOptions } from '../options.ts';
import { cpuMs } from '../processes.ts';
import { type Books, NO_CALLBACKS, type Stage } from '../stage.ts';

const MARK_PER_SECOND = 2_000;
/** The backlog lasts about as long as the other figures measure, if the mark is met. */
const JOBS_PER_SECOND_OF_RUN = MARK_PER_SECOND;
/** Fill: as many payments at once as the bulkhead lets through without a queue. */
const FILL_CONNECTIONS = 128;
const FILL_LIMIT_MS = 300_000;
const DRAIN_LIMIT_MS = 120_000;
const LOOK_EVERY_MS = 100;

/**
 * Payments are accepted while no worker runs; then one worker with all its loops finds them. A job counts when its
 * payment is in the ledger: published by the relay, read from Kafka, the provider asked, state, postings and
 * event committed. The rounds share the worker, as an outage of an hour would: only the first is its start.
 */
export async function measureBacklog(stage: Stage, options: BenchOptions): Promise<Figure[]> {
  const { pairs, seconds } = options;
  const books = await stage.openBooks();
  await stage.setFaults(NO_CALLBACKS);
  const api = await books.startApi();
  const jobs = JOBS_PER_SECOND_OF_RUN * seconds;
  const rounds: Drain[] = [];
  for (let round = 0; round < pairs; round += 1) {
    const shape = { connections: FILL_CONNECTIONS, measureMs: FILL_LIMIT_MS, maxRequests: jobs };
    const { sent } = await load(api, books, shape, 202);
    const worker = await books.startWorker({ FIRST_STATUS_QUERY_MS: '1' });
    const drain = await drained(books);
    rounds.push({ ...drain, jobs: sent, workerCpuMs: cpuMs(worker.pid) });
    await worker.stop();
  }
  await api.process.stop();
  await books.verify();
  const perSecond = rounds.map(({ jobs, ledgerMs }) => (jobs / ledgerMs) * 1_000);
  return [
    {
      name: 'worker drains a backlog, to the ledger',
      unit: 'jobs/s',
      values: perSecond,
      ours: null,
      reference: null,
      measure: 'jobs/s',
      mark: { at: 'least', value: MARK_PER_SECOND },
      details: rounds,
    },
    {
      name: 'of these, jobs read from Kafka and done',
      unit: 'jobs/s',
      values: rounds.map(({ jobs, jobsMs }) => (jobs / jobsMs) * 1_000),
      ours: null,
      reference: null,
      measure: 'jobs/s',
      mark: null,
      details: null,
    },
  ];
}

interface Drain {
  jobs: number;
  /** From the first job that was handled to the last. */
  jobsMs: number;
  /** From the first job that was handled to the last posting. */
  ledgerMs: number;
  workerCpuMs: number | null;
}

/** Waits until every payment is in the ledger; the times are those of commits, so looking costs nothing. */
export async function drained({ pool }: Books): Promise<Pick<Drain, 'jobsMs' | 'ledgerMs'>> {
  const since = performance.now();
  for (;;) {
    const { rows } = await pool.query<{ open: number }>(
      `select count(*)::integer as open from payments where next_check_at is not null`,
    );
    if (rows[0]?.open === 0) break;
    if (performance.now() - since > DRAIN_LIMIT_MS) {
      throw new Error(`the backlog still has ${rows[0]?.open} payments after ${DRAIN_LIMIT_MS} ms`);
    }
    await sleep(LOOK_EVERY_MS);
  }
  const { rows } = await pool.query<{ jobs_ms: number; ledger_ms: number }>(DRAIN_TIMES);
  return { jobsMs: rows[0]?.jobs_ms ?? 0, ledgerMs: rows[0]?.ledger_ms ?? 0 };
}

/** The latest round is what was done since the last pause between rounds, in which the api filled the next. */
const DRAIN_TIMES = `
with jobs as (
  select pg_xact_commit_timestamp(xmin) as at from processed_events
  where processed_at > (select coalesce(max(created_at), '-infinity') from payments)
), ledger as (
  select max(pg_xact_commit_timestamp(xmin)) as last from ledger_transactions
)
select extract(epoch from max(jobs.at) - min(jobs.at))::float8 * 1000 as jobs_ms,
  extract(epoch from max(ledger.last) - min(jobs.at))::float8 * 1000 as ledger_ms
from jobs, ledger`;
