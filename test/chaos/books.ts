/** CHX-4: heal, wait until nothing moves, then compare everything that anybody believes. */

import { eventually } from '../support/eventually.ts';
import { readTopic } from '../support/kafka.ts';
import type { Fleet } from './fleet.ts';
import type { History, Story } from './load.ts';

const OPEN = `
select status, coalesce(attempt_outcome, 'open') as outcome, count(*)::integer as n from payments
where status in ('ACCEPTED', 'UNKNOWN', 'MANUAL_REVIEW')
  or (status = 'RECEIVED' and attempt_outcome is distinct from 'not_taken')
group by 1, 2`;

/** Resolves when every payment is at its end, or waits for its merchant, and the outbox is empty. */
export async function quiesce({ pool }: Fleet, timeoutMs: number): Promise<void> {
  await eventually(
    async () => {
      const { rows: open } = await pool.query(OPEN);
      const { rows } = await pool.query(
        'select count(*)::integer as n from outbox where published_at is null',
      );
      const waiting = rows[0]?.n;
      if (open.length === 0 && waiting === 0) return;
      throw new Error(`still open: ${JSON.stringify(open)}, in the outbox: ${waiting}`);
    },
    { timeoutMs, everyMs: 100 },
  );
}

const PAYMENTS = `
select id, status, attempt_outcome, (amount_minor / 100.0)::numeric(12, 2)::text as amount, failure
from payments`;

interface PaymentRow {
  id: string;
  status: string;
  attempt_outcome: string | null;
  amount: string;
  failure: { code: string } | null;
}

/** What the clients, the store, the provider and Kafka say, against each other. Empty when all is well. */
export async function checkBooks(fleet: Fleet, history: History): Promise<string[]> {
  const { rows } = await fleet.pool.query<PaymentRow>(PAYMENTS);
  const payments = new Map(rows.map((row) => [row.id, row]));
  for (const { id } of rows) fleet.canaries.addPayment(id);
  const [charges, kafka, verified] = await Promise.all([
    chargesByAmount(fleet),
    checkKafka(fleet, payments),
    fleet.run('verify', '--simulators', fleet.simulatorsUrl),
  ]);
  const problems = [...history.problems, ...kafka];
  for (const story of history.stories) problems.push(...checkStory(story, payments, charges));
  if (verified.code !== 0) problems.push(`verify does not agree:\n${verified.output}`);
  if (fleet.logs.lines().length === 0) problems.push('no log was read');
  problems.push(...fleet.canaries.search(fleet.logs.lines()));
  return problems;
}

/** What became of each charge, by its amount, which is a key's own. */
export async function chargesByAmount({
  control,
}: Pick<Fleet, 'control'>): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const { amount, status } of await control.charges()) {
    const exact = Number(amount).toFixed(2);
    found.set(exact, [...(found.get(exact) ?? []), status]);
  }
  return found;
}

/** The amount is the key's own, so this needs nothing that the gateway made up. */
function checkStory(
  { key, amount, answer }: Story,
  payments: Map<string, PaymentRow>,
  charges: Map<string, string[]>,
): string[] {
  const problems: string[] = [];
  const taken = charges.get(amount) ?? [];
  if (taken.length > 1) problems.push(`${key} was charged ${taken.length} times`);
  if (!answer) return problems;
  const payment = payments.get(answer.paymentId);
  if (!payment) return [...problems, `${key} was answered ${answer.status}, but has no payment`];
  const { status, failure } = payment;
  if (payment.amount !== amount) problems.push(`${key} is ${payment.amount}, not ${amount}`);
  if (status === 'SUCCEEDED' && taken[0] !== 'SUCCEEDED') {
    problems.push(`${key} is SUCCEEDED, the charge ${taken[0]}`);
  }
  if (status === 'FAILED' && failure?.code === 'not-taken' && taken.length > 0) {
    problems.push(`${key} is not-taken, but the provider took it`);
  }
  if (!['SUCCEEDED', 'FAILED'].includes(status)) problems.push(`${key} is left ${status}`);
  return problems;
}

/** payments.events in order per payment, nobody's number in clear, and no dead letters. */
async function checkKafka(fleet: Fleet, payments: Map<string, PaymentRow>): Promise<string[]> {
  const names = ['payments.events', 'payments.jobs', 'payments.events.dlq', 'payments.jobs.dlq'];
  const [events = [], jobs = [], ...dead] = await Promise.all(
    names.map((name) => readTopic(fleet.brokers, fleet.topic(name))),
  );
  const problems = fleet.canaries.search([...events, ...jobs].map(({ value }) => value));
  const deadLetters = dead.flat().length;
  if (deadLetters > 0) problems.push(`${deadLetters} dead letters`);
  const told = new Map<string, { sequence: number; status: string }>();
  for (const { value } of events) {
    const { subject, sequence: text, data } = JSON.parse(value);
    const sequence = Number(text);
    const last = told.get(subject)?.sequence ?? 0;
    if (sequence > last + 1) problems.push(`${subject} jumps from event ${last} to ${sequence}`);
    if (sequence > last) told.set(subject, { sequence, status: data.status });
  }
  for (const [id, { status }] of payments) {
    const end = told.get(id)?.status;
    if (end === status || (status === 'RECEIVED' && end === undefined)) continue;
    problems.push(`${id} is ${status}, its events end with ${end}`);
  }
  return problems;
}
