import type pg from 'pg';
import type { HintClaim, HintResult, PaymentStore } from '../../domain/store.ts';
import { makeBatcher } from './batcher.ts';
import { toStoreError } from './errors.ts';

/**
 * A hint about a payment at its end is followed only when it claims another end. Hints that come in a row
 * are followed every two seconds, and none of them makes a check later than it would have been. One of a provider
 * that the payment went on from is not followed. `wait` says what becomes of a payment that somebody is writing to.
 */
const hintText = (wait: '' | 'skip locked') => `
with input as (
  select * from jsonb_to_recordset($1::jsonb) as i(payment_id text, provider text, claimed text)
), held as (
  select p.id, p.provider = i.provider as is_here
  from input i join payments p on p.id = i.payment_id
  for update of p ${wait}
), followed as (
  update payments p set hinted = true, hinted_at = now(), hint_claimed = i.claimed,
    hints_heard = p.hints_heard + 1,
    next_check_at = least(
      p.next_check_at, greatest(now(), p.lease_until, p.hinted_at + interval '2 seconds'))
  from input i join held on held.id = i.payment_id
  where p.id = held.id and held.is_here and not (
    (p.status = 'SUCCEEDED' and i.claimed is distinct from 'failed')
    or (p.status = 'FAILED' and i.claimed is distinct from 'succeeded'))
)
select p.id, held.is_here
from input i join payments p on p.id = i.payment_id left join held on held.id = p.id`;

const HINT = hintText('skip locked');
const HINT_ALONE = hintText('');

/** null for a payment that was held by somebody else. */
interface Heard {
  id: string;
  is_here: boolean | null;
}

const FIND = `
select i.n, a.payment_id
from jsonb_to_recordset($1::jsonb) as i(n integer, provider text, market text, reference text)
  join attempts a on a.provider = i.provider and a.market = i.market
    and a.provider_reference = i.reference`;

/** As long as a caller waits for a connection; looked at when a statement ends, so a silent server adds its timeout. */
const MAX_WAIT_MS = 2_000;

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
 * intents and outcomes do. The shared statement waits for nobody, so that a payment that is held holds up no other;
 * its hint goes again, alone.
 */
export function makeHints(pool: pg.Pool): Pick<PaymentStore, 'hint' | 'findByReference'> {
  const lastOf = new Map<string, Promise<HintResult>>();

  async function tell(name: string, text: string, hints: readonly Hint[]): Promise<Heard[]> {
    const rows = hints.map(({ paymentId, provider, claimed }) => {
      return { payment_id: paymentId, provider, claimed };
    });
    return (await pool.query<Heard>({ name, text, values: [JSON.stringify(rows)] })).rows;
  }

  const together = makeBatcher<Hint, HintResult | 'held'>({
    compare: () => 0,
    maxWaitMs: MAX_WAIT_MS,
    async run(hints) {
      const rows = await tell('hint', HINT, hints);
      const heard = new Map(rows.map((row) => [row.id, row]));
      return hints.map(({ paymentId }) => resultOf(heard.get(paymentId)));
    },
  });

  async function alone(hint: Hint): Promise<HintResult> {
    try {
      const [row] = await tell('hint-alone', HINT_ALONE, [hint]);
      const result = resultOf(row);
      // It was not there when the statement began, and is now.
      return result === 'held' ? 'unknown' : result;
    } catch (error) {
      throw toStoreError(error);
    }
  }

  async function give(hint: Hint): Promise<HintResult> {
    const result = await together(hint);
    return result === 'held' ? await alone(hint) : result;
  }

  const find = makeBatcher<Sought, string | null>({
    compare: () => 0,
    maxWaitMs: MAX_WAIT_MS,
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
    /** A statement changes a row once, so a payment's hints go one after another. */
    async hint(paymentId, provider, claimed) {
      const run = () => give({ paymentId, provider, claimed });
      const before = lastOf.get(paymentId);
      const mine = before ? before.then(run, run) : run();
      lastOf.set(paymentId, mine);
      try {
        return await mine;
      } finally {
        if (lastOf.get(paymentId) === mine) lastOf.delete(paymentId);
      }
    },
    findByReference: (provider, market, reference) => find({ provider, market, reference }),
  };
}

function resultOf(row: Heard | undefined): HintResult | 'held' {
  if (row === undefined) return 'unknown';
  if (row.is_here === null) return 'held';
  return row.is_here ? 'taken' : 'elsewhere';
}
