import { eventually } from '../support/eventually.ts';
import { call } from '../support/simulators.ts';
import { checkBooks, quiesce } from './books.ts';
import { type Addresses, type Fleet, type Role, startFleet } from './fleet.ts';
import { amountOf, type History } from './load.ts';
import { type Report, reportOf } from './report.ts';

export interface PauseOptions {
  servers: Addresses;
  /** @default 10 */
  payments?: number;
}

const WALLET = '+260971112223';
const QUIET_MS = 30_000;

/** What the sweeper wrote, and what the owner that comes late must not touch. */
const WRITTEN = `
select a.payment_id, a.outcome, a.ended_at, k.answer_body, p.fence::integer
from attempts a join payments p on p.id = a.payment_id
join idempotency_keys k on k.payment_id = a.payment_id order by 1`;

interface Row {
  payment_id: string;
  outcome: string;
  ended_at: Date;
  answer_body: string;
  fence: number;
}

/** IDM-11: an api process sleeps past its leases with charges under way, and wakes up. */
export async function runPause({ servers, payments = 10 }: PauseOptions): Promise<Report> {
  await using fleet = await startFleet({ servers, apis: 1, workers: 1 });
  const [owner] = fleet.apis as [Role];
  fleet.canaries.addWallet(WALLET);
  await fleet.control.faults({
    provider: 'AIRTEL',
    operation: 'charge',
    fault: 'slow',
    delayMs: 1_000,
  });
  const asked = Array.from({ length: payments }, (_, i) => pay(fleet, owner, i));
  const answers = Promise.all(asked);
  await eventually(async () => {
    const { length } = await fleet.control.charges();
    if (length < payments) throw new Error(`${length} charges are under way`);
  });
  owner.process.pause();
  await fleet.control.clear();
  const before = await eventually(() => sweptRows(fleet, payments), { timeoutMs: QUIET_MS });
  owner.process.resume();
  const heard = await answers;
  await quiesce(fleet, QUIET_MS);

  const problems: string[] = [];
  const stored = new Map(before.map((row) => [row.payment_id, row.answer_body]));
  const counts: Record<string, number> = {};
  for (const { status, json, text } of heard) {
    counts[status] = (counts[status] ?? 0) + 1;
    if (status !== 202 && status !== 409) problems.push(`a client was answered ${status} ${text}`);
    if (status === 202 && stored.get(json.id) !== text)
      problems.push(`not what is stored: ${text}`);
  }
  const { rows: after } = await fleet.pool.query<Row>(WRITTEN);
  after.forEach((row, i) => {
    const was = before[i];
    const same = was?.outcome === row.outcome && +was.ended_at === +row.ended_at;
    if (!same) problems.push(`the late owner changed ${row.payment_id}: ${JSON.stringify(row)}`);
  });
  for (const { requests } of await fleet.control.charges()) {
    if (requests !== 1) problems.push(`a reference was sent ${requests} times`);
  }
  const history: History = { stories: [], counts, problems };
  return await reportOf('SIGSTOP', fleet, history, await checkBooks(fleet, history), { payments });
}

async function sweptRows({ pool }: Fleet, payments: number): Promise<Row[]> {
  const { rows } = await pool.query<Row>(WRITTEN);
  const swept = rows.filter(({ answer_body, fence }) => answer_body !== null && fence > 1);
  if (swept.length === payments) return swept;
  throw new Error(`${swept.length} of ${payments} payments are swept`);
}

async function pay({ authorization }: Fleet, { url }: Role, i: number) {
  return await call(`${url}/v1/pay`, {
    method: 'POST',
    headers: {
      authorization,
      'content-type': 'application/json',
      'idempotency-key': `pause-${i}`,
    },
    body: JSON.stringify({ amount: amountOf(101 + i), currency: 'ZMW', payer: { msisdn: WALLET } }),
  });
}
