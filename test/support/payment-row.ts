/** A payment put straight into the tables, for tests of what reads them. */
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import type { PaymentStatus } from '../../src/domain/payment.ts';

export interface PaymentSeed {
  merchantId: string;
  provider: string;
  market: string;
  currency: string;
  amountMinor: bigint;
  status: PaymentStatus;
  /** What the attempt came to; null while its dispatch has no outcome. @default accepted */
  outcome?: 'accepted' | 'declined' | 'not_taken' | 'unknown' | null;
  providerReference?: string;
  dispatchedAt?: Date;
}

/** Answers its id. The way to its status is one that the database allows. */
export async function insertPayment(pool: pg.Pool, seed: PaymentSeed): Promise<string> {
  const { status, outcome = 'accepted', dispatchedAt = new Date() } = seed;
  // A UUID v7 begins with its time.
  const time = dispatchedAt.getTime().toString(16).padStart(12, '0');
  const id = `pay_${time}7${randomBytes(10).toString('hex').slice(1)}`;
  const { providerReference = id } = seed;
  await pool.query(
    `insert into payments (id, merchant_id, key_hash, status, provider, market, amount_minor, currency,
       payer_masked, payer_cipher, payer_index, message_key, routed_by, request_id, traceparent,
       grace_until, dispatched_at, attempt_outcome)
     values ($1, $2, $3, 'RECEIVED', $4, $5, $6, $7, '+260*****4567', '', '', 'k', 'test', 'r', 't',
       now(), $8, $9)`,
    [
      ...[id, seed.merchantId, randomBytes(32), seed.provider, seed.market, seed.amountMinor],
      ...[seed.currency, dispatchedAt, outcome],
    ],
  );
  await pool.query(
    `insert into attempts (payment_id, number, provider, market, provider_reference, outcome)
     values ($1, 1, $2, $3, $4, $5)`,
    [id, seed.provider, seed.market, providerReference, outcome],
  );
  const way = status === 'RECEIVED' ? [] : status === 'UNKNOWN' ? [status] : ['UNKNOWN', status];
  for (const next of way) {
    await pool.query(
      `update payments set status = $2::text,
         failure = case when $2::text = 'FAILED' then '{"code":"not-taken"}'::jsonb end where id = $1`,
      [id, next],
    );
  }
  return id;
}
