import type pg from 'pg';
import type { Metrics } from '../../domain/telemetry.ts';
import { readUnsealed } from './ledger-seals.ts';

const UNRESOLVED = `
select provider, market, count(*)::integer as count,
  extract(epoch from now() - min(created_at))::float8 as oldest_seconds
from payments where next_check_at is not null and status not in ('SUCCEEDED', 'FAILED')
  and not (status = 'RECEIVED' and attempt_outcome is not distinct from 'not_taken')
group by provider, market`;

const DISCREPANCIES = `
select coalesce(p.provider, d.provider) as provider, coalesce(p.market, d.market) as market,
  count(*)::integer as count
from discrepancies d left join payments p on p.id = d.payment_id where d.closed_at is null
group by 1, 2`;

interface DiscrepancyRow {
  provider: string;
  market: string;
  count: number;
}

interface UnresolvedRow {
  provider: string;
  market: string;
  count: number;
  oldest_seconds: number;
}

/**
 * What waits for the provider's word, per provider and market: one count over the partial index. A payment of
 * which nothing was taken waits for its merchant, not for the provider. And what waits for a person, or for a seal.
 */
export function makeReadGauges(pool: pg.Pool, metrics: Metrics) {
  return async (): Promise<void> => {
    const { rows } = await pool.query<UnresolvedRow>(UNRESOLVED);
    metrics.unresolved(
      rows.map(({ provider, market, count, oldest_seconds }) => ({
        provider,
        market,
        count,
        oldestSeconds: oldest_seconds,
      })),
    );
    const { waiting, oldestSeconds } = await readUnsealed(pool);
    metrics.ledgerUnsealed(waiting, oldestSeconds);
    metrics.discrepanciesOpen((await pool.query<DiscrepancyRow>(DISCREPANCIES)).rows);
  };
}
