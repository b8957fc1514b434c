import type pg from 'pg';
import type { HintClaim, HintResult, PaymentStore } from '../../domain/store.ts';
import { makeBatcher } from './batcher.ts';

/**
 * A hint about a payment at its end is followed only when it claims another end. Hints that come in a row
 * are followed every two seconds, and none of them makes a check later than it would have been. One of a provider
 * that the payment went on from is not followed.
 */
const HINT = `
with input as (
  select * from jsonb_to_recordset($1::jsonb) as i(payment_id text, provider text, claimed text)
), followed as (
  update payments p set hinted = true, hinted_at = now(), hint_claimed = i.claimed,
    hints_heard = p.hints_heard + 1,
    next_check_at = least(
      p.next_check_at, greatest(now(), p.lease_until, p.hinted_at + interval '2 seconds'))
  from input i
  where p.id = i.payment_id and p.provider = i.provider and not (
    (p.status = 'SUCCEEDED' and i.claimed is distinct from 'failed')
    or (p.status = 'FAILED' and i.claimed is distinct from 'succeeded'))
)
select p.id, p.provider = i.provider as is_here
from input i join payments p on p.id = i.payment_id`;

const FIND = `
select i.n, a.payment_id
from jsonb_to_recordset($1::jsonb) as i(n integer, provider text, market text, reference text)
  join attempts a on a.provider = i.provider and a.market = i.market
    and a.provider_reference = i.reference`;

interface Hint {
  paymentId: string;
  provider: string;
  claimed: HintClaim;
}

interface Sought {
  provider: string;
  market: string;
  reference: string;
}

/**
 * Callbacks come as fast as payments do, each with a look-up and a commit: those that come together share both, as
 * intents and outcomes do.
 */
export function makeHints(pool: pg.Pool): Pick<PaymentStore, 'hint' | 'findByReference'> {
  const giveHint = makeBatcher<Hint, HintResult>({
    compare: (a, b) => (a.paymentId < b.paymentId ? -1 : a.paymentId > b.paymentId ? 1 : 0),
    async run(hints) {
      const results: HintResult[] = new Array(hints.length);
      // A statement changes a row once: a payment's second hint goes with the next one.
      for (let left = hints.map((hint, n) => ({ hint, n })); left.length > 0; ) {
        const round = new Map<string, (typeof left)[number]>();
        for (const one of left) {
          if (!round.has(one.hint.paymentId)) round.set(one.hint.paymentId, one);
        }
        const heard = await tell([...round.values()].map(({ hint }) => hint));
        for (const [id, { n }] of round) results[n] = heard.get(id) ?? 'unknown';
        left = left.filter((one) => round.get(one.hint.paymentId) !== one);
      }
      return results;
    },
  });

  async function tell(hints: readonly Hint[]): Promise<Map<string, HintResult>> {
    const { rows } = await pool.query<{ id: string; is_here: boolean }>({
      name: 'hint',
      text: HINT,
      values: [
        JSON.stringify(
          hints.map(({ paymentId, provider, claimed }) => ({
            payment_id: paymentId,
            provider,
            claimed,
          })),
        ),
      ],
    });
    return new Map(rows.map(({ id, is_here }) => [id, is_here ? 'taken' : 'elsewhere']));
  }

  const find = makeBatcher<Sought, string | null>({
    compare: () => 0,
    async run(sought) {
      const { rows } = await pool.query<{ n: number; payment_id: string }>({
        name: 'find-by-reference',
        text: FIND,
        values: [JSON.stringify(sought.map((one, n) => ({ n, ...one })))],
      });
      const found = new Map(rows.map(({ n, payment_id }) => [n, payment_id]));
      return sought.map((_, n) => found.get(n) ?? null);
    },
  });

  return {
    hint: (paymentId, provider, claimed) => giveHint({ paymentId, provider, claimed }),
    findByReference: (provider, market, reference) => find({ provider, market, reference }),
  };
}
