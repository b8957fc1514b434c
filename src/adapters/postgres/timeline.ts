import type pg from 'pg';
import type { PaymentStore } from '../../domain/store.ts';
import { type HeadColumns, toHead } from './payment-rows.ts';

export type Query = <Row extends pg.QueryResultRow>(
  name: string,
  text: string,
  values: unknown[],
) => Promise<pg.QueryResult<Row>>;

interface LinkRow extends HeadColumns {
  number: number | null;
  hash: string;
  facts: string;
}

/** One statement, so that head and links are of one moment. */
const READ = `
select p.timeline_count, p.timeline_head, t.number, encode(t.hash, 'hex') as hash, t.facts
from payments p left join lateral (
  select * from payment_timeline t where t.payment_id = p.id and t.number > $3
  order by t.number limit $4
) t on true
where p.id = $1 and p.merchant_id = $2
order by t.number`;

export function makeReadTimeline(query: Query): PaymentStore['timeline'] {
  return async (merchantId, paymentId, { after, limit }) => {
    const values = [paymentId, merchantId, after, limit];
    const { rows } = await query<LinkRow>('read-timeline', READ, values);
    if (!rows[0]) return null;
    const links = rows.flatMap(({ number, hash, facts }) =>
      number === null ? [] : [{ number, hash, facts }],
    );
    return { head: toHead(rows[0]), links };
  };
}
