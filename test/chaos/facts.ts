/** Everything that anybody believes at the end, as plain data: what the checkers judge. */
import { readTopic } from '../support/kafka.ts';
import type { ControlledCharge } from '../support/simulators.ts';
import type { Fleet } from './fleet.ts';
import type { JournalEntry } from './journal.ts';
import type { Replay } from './replays.ts';

/** What the clients know about one key, from their journal. */
export interface KeyFacts {
  key: string;
  amount: string;
  /** Requests sent, and what came of them. */
  invokes: number;
  oks: readonly { status: number; paymentId: string; text: string }[];
  fails: readonly string[];
  infos: number;
}

export interface PaymentFacts {
  id: string;
  status: string;
  amount: string;
  currency: string;
  failureCode: string | null;
  attempts: readonly { provider: string; reference: string; outcome: string | null }[];
  /** Debits of its capture; null without one. */
  captured: string | null;
}

export interface EventFacts {
  id: string;
  subject: string;
  sequence: number;
  status: string;
}

export interface Facts {
  keys: readonly KeyFacts[];
  payments: ReadonlyMap<string, PaymentFacts>;
  charges: readonly ControlledCharge[];
  /** Currencies and transactions that are not balanced. */
  unbalanced: readonly string[];
  discrepancies: readonly { paymentId: string; kind: string }[];
  /** As a consumer of `payments.events` sees them: each partition in order. */
  events: readonly EventFacts[];
  deadLetters: number;
  outboxPending: number;
  replays: readonly Replay[];
  verify: { code: number | null; output: string };
  /** Log lines and messages that show what nobody may see. */
  leaks: readonly string[];
  logLines: number;
  /** What was seen to be wrong while it happened. */
  problems: readonly string[];
}

const PAYMENTS = `
select p.id, p.status, (p.amount_minor / 100.0)::numeric(12, 2)::text as amount, p.currency,
  p.failure ->> 'code' as "failureCode",
  (select coalesce(json_agg(json_build_object('provider', a.provider, 'reference', a.provider_reference,
    'outcome', a.outcome) order by a.number), '[]') from attempts a where a.payment_id = p.id) as attempts,
  (select (sum(e.amount_minor) / 100.0)::numeric(12, 2)::text from ledger_transactions t
    join ledger_entries e on e.transaction_id = t.id and e.side = 'debit'
    where t.payment_id = p.id and t.kind = 'capture') as captured
from payments p`;

const UNBALANCED = `
select coalesce(transaction_id::text, 'all') || ' ' || currency as what from ledger_entries
group by grouping sets ((transaction_id, currency), (currency))
having sum(case side when 'debit' then amount_minor else -amount_minor end) <> 0`;

export async function gatherFacts(
  fleet: Fleet,
  journal: readonly JournalEntry[],
  seen: Pick<Facts, 'replays' | 'problems'>,
): Promise<Facts> {
  const { pool } = fleet;
  const rowsOf = async <T extends object>(sql: string) => (await pool.query<T>(sql)).rows;
  const payments = await rowsOf<PaymentFacts>(PAYMENTS);
  for (const { id } of payments) fleet.canaries.addPayment(id);
  const unbalanced = await rowsOf<{ what: string }>(UNBALANCED);
  const discrepancies = await rowsOf<{ paymentId: string; kind: string }>(
    'select payment_id as "paymentId", kind from discrepancies',
  );
  const waiting = await rowsOf('select 1 from outbox where published_at is null');
  const topics = ['payments.events', 'payments.jobs', 'payments.events.dlq', 'payments.jobs.dlq'];
  const [events = [], jobs = [], ...dead] = await Promise.all(
    topics.map((plain) => readTopic(fleet.brokers, fleet.topic(plain))),
  );
  const [charges, verify] = await Promise.all([
    fleet.control.charges(),
    fleet.run('verify', '--simulators', fleet.simulatorsUrl),
  ]);
  const messages = [...events, ...jobs].map(({ value }) => value);
  return {
    ...seen,
    keys: keysOf(journal),
    payments: new Map(payments.map((payment) => [payment.id, payment])),
    charges,
    unbalanced: unbalanced.map(({ what }) => what),
    discrepancies,
    events: events.map(({ value }) => eventOf(value)),
    deadLetters: dead.flat().length,
    outboxPending: waiting.length,
    verify: { code: verify.code, output: verify.output },
    leaks: [...fleet.canaries.search(messages), ...fleet.canaries.search(fleet.logs.lines())],
    logLines: fleet.logs.lines().length,
  };
}

function eventOf(value: string): EventFacts {
  const { id, subject, sequence, data } = JSON.parse(value);
  return { id, subject, sequence: Number(sequence), status: data.status };
}

export function keysOf(journal: readonly JournalEntry[]): KeyFacts[] {
  type Open = KeyFacts & { oks: KeyFacts['oks'][number][]; fails: string[] };
  const keys = new Map<string, Open>();
  for (const entry of journal) {
    const { key } = entry;
    if (entry.type === 'invoke' && !keys.has(key)) {
      keys.set(key, { key, amount: entry.amount, invokes: 0, oks: [], fails: [], infos: 0 });
    }
    const known = keys.get(key);
    if (!known) continue;
    if (entry.type === 'invoke') known.invokes += 1;
    else if (entry.type === 'info') known.infos += 1;
    else if (entry.type === 'fail') known.fails.push(`${entry.status} ${entry.code}`);
    else known.oks.push({ status: entry.status, paymentId: entry.paymentId, text: entry.text });
  }
  return [...keys.values()];
}
