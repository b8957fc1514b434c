import type pg from 'pg';
import { type FeeRule, type FeeSource, findFee } from '../../domain/fee.ts';
import type { Clock } from '../../domain/ports.ts';

interface FeeRow {
  merchant_id: string | null;
  provider: string;
  currency: string;
  basis_points: number;
  fixed_minor: bigint;
}

/** The newest row for each merchant (or for all), provider and currency. */
export async function readFees(pool: pg.Pool): Promise<FeeRule[]> {
  const { rows } = await pool.query<FeeRow>(
    `select distinct on (provider, currency, merchant_id)
       merchant_id, provider, currency, basis_points, fixed_minor
     from fees order by provider, currency, merchant_id, id desc`,
  );
  return rows.map((row) => ({
    merchantId: row.merchant_id,
    provider: row.provider,
    currency: row.currency,
    basisPoints: row.basis_points,
    fixedMinor: row.fixed_minor,
  }));
}

/** The rule and its line in the audit log are one statement. What was in force before stays readable. */
export async function addFee(pool: pg.Pool, rule: FeeRule, actor: string): Promise<void> {
  await pool.query(
    `with made as (
       insert into fees (merchant_id, provider, currency, basis_points, fixed_minor, set_by)
       values ($1, $2, $3, $4, $5, $6) returning *)
     insert into audit_log (actor, action, subject, detail)
     select set_by, 'fee.set', coalesce(merchant_id, 'every merchant'), to_jsonb(made) - 'set_by'
     from made`,
    [rule.merchantId, rule.provider, rule.currency, rule.basisPoints, rule.fixedMinor, actor],
  );
}

/** A fee that was set counts at most this much later. */
const FRESH_MS = 5_000;

/**
 * The table in memory, read again when it is older than a few seconds. It rejects when it cannot be read: a payment
 * whose fee nobody knows is settled a little later, and never booked without it.
 */
export function makeFeeSource(pool: pg.Pool, clock: Pick<Clock, 'monotonicMs'>): FeeSource {
  let rules: Promise<FeeRule[]> | null = null;
  let readAtMs = 0;

  function current(): Promise<FeeRule[]> {
    const nowMs = clock.monotonicMs();
    if (rules !== null && nowMs - readAtMs < FRESH_MS) return rules;
    readAtMs = nowMs;
    const reading = readFees(pool);
    rules = reading;
    // Those who wait hear of it; the next one asks again.
    reading.catch(() => {
      if (rules === reading) rules = null;
    });
    return reading;
  }

  return { feeOf: async (payment) => findFee(await current(), payment) };
}
