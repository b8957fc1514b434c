import { hash } from 'node:crypto';
import type { ListQuery } from '../../domain/store.ts';
import { PAYMENT_COLUMNS } from './payment-rows.ts';

/** Newest first: ids are UUID v7, so they sort by the time of their making. */
export function listQuery(merchantId: string, query: ListQuery) {
  const values: unknown[] = [merchantId];
  const where = ['p.merchant_id = $1'];
  const and = (condition: string, value: unknown) => {
    if (value === undefined) return;
    values.push(value);
    where.push(condition.replace('?', `$${values.length}`));
  };
  and('p.reference = ?', query.reference);
  and('p.status = ?', query.status);
  and('p.provider = ?', query.provider);
  and('p.created_at > ?', query.createdAfter);
  and('p.created_at < ?', query.createdBefore);
  and('p.id < ?', query.after);
  values.push(query.limit);
  const text = `select ${PAYMENT_COLUMNS} from payments p where ${where.join(' and ')}
    order by p.id desc limit $${values.length}`;
  // One prepared statement for each combination of filters, at most 64. Postgres cuts names at 63 bytes.
  const name = `list-payments:${hash('sha1', text)}`;
  return { name, text, values };
}
