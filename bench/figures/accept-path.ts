import { alternate, type Figure } from '../figure.ts';
import { load } from '../loads.ts';
import type { BenchOptions } from '../options.ts';
import { type Books, NO_CALLBACKS, type Stage } from '../stage.ts';

/** Before the first pair: compilers, pools and token. */
const FIRST_WARMUP_MS = 4_000;
const WARMUP_MS = 1_000;

/**
 * POST /v1/pay in a closed loop, every payment new, against the naive floor. The worker does not run, because
 * the floor has none; the simulators call nobody back for the same reason.
 */
export async function measureAcceptPath(stage: Stage, options: BenchOptions): Promise<Figure[]> {
  const { pairs, seconds, connections } = options;
  const books = await stage.openBooks();
  await stage.setFaults(NO_CALLBACKS);
  const floor = await stage.startNaiveFloor();
  const api = await books.startApi();
  const shape = { connections, measureMs: seconds * 1_000 };
  let accepted = 0;
  const run = async (endpoint: typeof api, warmupMs: number) => {
    const result = await load(endpoint, books, { ...shape, warmupMs }, 202);
    if (endpoint === api) accepted += result.sent;
    return result;
  };
  const results = await alternate(
    pairs,
    (pair) => run(api, pair === 0 ? FIRST_WARMUP_MS : WARMUP_MS),
    (pair) => run(floor, pair === 0 ? FIRST_WARMUP_MS : WARMUP_MS),
  );
  await api.process.stop();
  await floor.process.stop();
  await requirePayments(books, accepted);
  await books.verify();
  return [
    {
      name: 'accept path against the naive floor',
      unit: '×',
      values: results.map(({ ours, reference }) => ours.perSecond / reference.perSecond),
      ours: results.map(({ ours }) => ours.perSecond),
      reference: results.map(({ reference }) => reference.perSecond),
      measure: 'payments/s',
      mark: { at: 'least', value: 1 },
      details: { results, accepted },
    },
  ];
}

/** What was answered 202 is in the books, no more and no less. */
async function requirePayments({ pool }: Books, expected: number): Promise<void> {
  const sql = `select count(*)::integer as n from payments where status <> 'RECEIVED'`;
  const { rows } = await pool.query<{ n: number }>(sql);
  if (rows[0]?.n === expected) return;
  throw new Error(`${expected} payments were answered 202, the books have ${rows[0]?.n}`);
}
