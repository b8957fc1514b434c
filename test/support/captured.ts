/** A SUCCEEDED payment with its capture, as a settlement posts it, put straight into the tables. */
import type pg from 'pg';
import type { Fee } from '../../src/domain/fee.ts';
import { capturePosting } from '../../src/domain/ledger.ts';
import { insertPayment } from './payment-row.ts';

const POST = `
with made as (
  insert into ledger_transactions (payment_id, kind) values ($1, 'capture') returning id
), entered as (
  insert into ledger_entries (transaction_id, line, account, side, amount_minor, currency)
  select made.id, e.n, e.value->>'account', e.value->>'side',
    (e.value->>'amount')::bigint, e.value->>'currency'
  from made, jsonb_array_elements($2::jsonb) with ordinality as e(value, n))
select id from made`;

export type Captured = readonly [paymentId: string, transaction: bigint];

/** `post`: where the posting is written, when it is not to be committed at once. */
export async function insertCaptured(
  pool: pg.Pool,
  amountMinor: bigint,
  { fee = null, post = pool }: { fee?: Fee | null; post?: Pick<pg.Pool, 'query'> } = {},
): Promise<Captured> {
  const payment = { merchantId: 'shop', provider: 'MTN', market: 'ZM', currency: 'ZMW' };
  const id = await insertPayment(pool, { ...payment, amountMinor, status: 'SUCCEEDED' });
  const { entries } = capturePosting({ ...payment, id, amountMinor }, fee);
  const lines = entries.map((one) => ({ ...one, amount: `${one.amountMinor}`, amountMinor: 0 }));
  const { rows } = await post.query<{ id: bigint }>(POST, [id, JSON.stringify(lines)]);
  return [id, rows[0]?.id as bigint];
}
