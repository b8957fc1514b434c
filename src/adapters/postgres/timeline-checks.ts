/** What an auditor asks of the timelines. Hashed here by Postgres, and not by the code that wrote them. */
import type { Check } from './books.ts';

/** Each link with the hash that it must have, given the link before it. */
const LINKS = `
select payment_id, number, facts, hash,
  row_number() over chain as place,
  sha256(convert_to('{"facts":' || facts || ',"number":' || number || ',"previous":"' ||
    coalesce(encode(lag(hash) over chain, 'hex'), payment_id) || '"}', 'UTF8')) as expected
from payment_timeline window chain as (partition by payment_id order by number)`;

const ENDS = `
select payment_id, count(*) as count, max(number) as number,
  (array_agg(hash order by number desc))[1] as hash
from payment_timeline group by payment_id`;

export const TIMELINE_CHECKS: readonly Check[] = [
  {
    rule: 'each link of a timeline follows from the one before it',
    sql: `select payment_id as subject, case
        when number <> place then 'a link before link ' || number || ' is missing'
        else 'link ' || number || ' is altered, or the one before it' end as detail
      from (${LINKS}) as links where number <> place or hash <> expected`,
  },
  {
    // Before its first write since timelines were introduced, a payment has none.
    rule: 'a timeline ends where its payment says that it does',
    sql: `select coalesce(p.id, e.payment_id) as subject, case
        when p.id is null then 'links without a payment'
        when e.payment_id is null then 'all ' || p.timeline_count || ' links are missing'
        when e.number < p.timeline_count
          then 'cut off after link ' || e.number || ' of ' || p.timeline_count
        when e.number > p.timeline_count
          then 'has ' || e.number || ' links, and its payment says ' || p.timeline_count
        else 'the last hash is another one than its payment says' end as detail
      from payments p full join (${ENDS}) as e on e.payment_id = p.id
      where p.id is null
        or coalesce(e.count, 0) <> p.timeline_count or e.hash is distinct from p.timeline_head`,
  },
  {
    // Only of a timeline that begins with its intent: before, states were reached that no link tells of.
    rule: 'a timeline tells the amount, the payer and the state that its payment has',
    sql: `select p.id as subject,
        coalesce(s.status, 'RECEIVED') || ' in the timeline, ' || p.status || ' in the payment' as detail
      from payments p
      join payment_timeline f on f.payment_id = p.id and f.number = 1
      left join lateral jsonb_path_query_first(f.facts::jsonb, '$[*] ? (@.kind == "intent")') as i(fact)
        on true
      left join (
        select distinct on (t.payment_id) t.payment_id, told.fact->>'status' as status
        from payment_timeline t,
          jsonb_array_elements(t.facts::jsonb) with ordinality as told(fact, place)
        where told.fact->>'kind' = 'state'
        order by t.payment_id, t.number desc, told.place desc
      ) s on s.payment_id = p.id
      where i.fact is not null and (
        coalesce(s.status, 'RECEIVED') <> p.status
        or i.fact->>'currency' <> p.currency or i.fact->>'payer' <> p.payer_masked
        or replace(i.fact->>'amount', '.', '')::bigint <> p.amount_minor)`,
  },
];
