/** What is known of a payment that a checker names: everybody's own words, side by side. */
import { call } from '../support/simulators.ts';
import { chargesOf, type Violation } from './checkers/checker.ts';
import type { Facts } from './facts.ts';
import type { Fleet } from './fleet.ts';
import type { JournalEntry } from './journal.ts';

/** A broken rule breaks for many; a few tell enough. */
const MAX_PAYMENTS = 8;

const ROWS = `
select jsonb_build_object('payment', to_jsonb(p) - 'payer_cipher' - 'payer_index' - 'key_hash',
  'attempts', (select jsonb_agg(to_jsonb(a) order by a.number) from attempts a where a.payment_id = p.id),
  'answer', (select jsonb_build_object('status', k.answer_status, 'at', k.answered_at, 'body', k.answer_body)
    from idempotency_keys k where k.payment_id = p.id),
  'captures', (select jsonb_agg(to_jsonb(t)) from ledger_transactions t where t.payment_id = p.id)) as known
from payments p where p.id = $1`;

export async function gatherEvidence(
  fleet: Fleet,
  apiUrl: string,
  facts: Facts,
  journal: readonly JournalEntry[],
  violations: readonly Violation[],
): Promise<string[]> {
  const told: string[] = [];
  const seen = new Set<string>();
  for (const { key: named, paymentId } of violations) {
    if (seen.size >= MAX_PAYMENTS) break;
    const known = facts.keys.find(
      ({ key, oks }) => key === named || oks.some((ok) => ok.paymentId === paymentId),
    );
    const id = paymentId ?? known?.oks[0]?.paymentId;
    const subject = id ?? known?.key;
    if (subject === undefined || seen.has(subject)) continue;
    seen.add(subject);
    told.push(`--- ${known?.key ?? 'no key'}, ${id ?? 'no payment'}`);
    for (const entry of journal) {
      if (entry.key === known?.key) told.push(`client    ${JSON.stringify(entry)}`);
    }
    const charges = known ? chargesOf(facts, known) : [];
    for (const charge of charges) told.push(`provider  ${JSON.stringify(charge)}`);
    if (!id) continue;
    const { rows } = await fleet.pool.query<{ known: object }>(ROWS, [id]);
    for (const row of rows) told.push(`store     ${JSON.stringify(row.known)}`);
    const headers = { authorization: fleet.authorization };
    const timeline = await call(`${apiUrl}/v1/payments/${id}/timeline`, { headers }).catch(
      () => null,
    );
    if (timeline?.status === 200) told.push(`timeline  ${timeline.text}`);
    for (const event of facts.events) {
      if (event.subject === id) told.push(`event     ${JSON.stringify(event)}`);
    }
    for (const line of fleet.logs.lines()) if (line.includes(id)) told.push(`log       ${line}`);
  }
  return told;
}
