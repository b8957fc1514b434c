import type pg from 'pg';
import type { Intent, IntentResult } from '../../domain/store.ts';
import { makeBatcher } from './batcher.ts';

/**
 * One statement, one commit: key rows, payments, first links and attempts of all intents whose key is new. Sorted
 * by key before it is sent, so that two processes with the same keys wait for each other in one order.
 */
const BEGIN = `
with input as (
  select * from jsonb_to_recordset($1::jsonb) as i(
    payment_id text, merchant_id text, key_hash text, fingerprint text, amount_minor bigint,
    currency text, provider text, market text, provider_reference text, payer_masked text,
    payer_cipher text, payer_index text, message_key text, reference text, description text,
    metadata jsonb, routed_by text, request_id text, traceparent text, lease_ms float8, grace_ms float8,
    resolves_ms float8, link_number integer, link_hash text, link_facts text)
), keys as (
  insert into idempotency_keys (merchant_id, key_hash, fingerprint, payment_id)
  select merchant_id, decode(key_hash, 'hex'), fingerprint, payment_id from input
  on conflict do nothing
  returning payment_id
), begun as (
  insert into payments (
    id, merchant_id, key_hash, status, provider, market, amount_minor, currency, payer_masked,
    payer_cipher, payer_index, message_key, reference, description, metadata, routed_by, request_id,
    traceparent, lease_until, grace_until, next_check_at, resolves_by, timeline_count, timeline_head)
  select payment_id, merchant_id, decode(key_hash, 'hex'), 'RECEIVED', provider, market, amount_minor,
    currency, payer_masked, decode(payer_cipher, 'base64'), decode(payer_index, 'base64'), message_key,
    reference, description, metadata, routed_by, request_id, traceparent,
    now() + lease_ms * interval '1 millisecond',
    now() + (lease_ms + grace_ms) * interval '1 millisecond',
    now() + lease_ms * interval '1 millisecond', now() + resolves_ms * interval '1 millisecond',
    link_number, decode(link_hash, 'hex')
  from input join keys using (payment_id)
), linked as (
  insert into payment_timeline (payment_id, number, hash, facts)
  select payment_id, link_number, decode(link_hash, 'hex'), link_facts
  from input join keys using (payment_id)
), tried as (
  insert into attempts (payment_id, number, provider, market, provider_reference)
  select payment_id, 1, provider, market, provider_reference from input join keys using (payment_id)
)
select payment_id, now() as at from keys`;

function toRow(intent: Intent): Record<string, unknown> {
  return {
    payment_id: intent.paymentId,
    merchant_id: intent.merchantId,
    key_hash: intent.keyHash.toString('hex'),
    fingerprint: intent.fingerprint,
    amount_minor: intent.amountMinor.toString(),
    currency: intent.currency,
    provider: intent.provider,
    market: intent.market,
    provider_reference: intent.providerReference,
    payer_masked: intent.payerMasked,
    payer_cipher: intent.payerCipher.toString('base64'),
    payer_index: intent.payerIndex.toString('base64'),
    message_key: intent.messageKey,
    reference: intent.reference,
    description: intent.description,
    metadata: intent.metadata,
    routed_by: intent.routedBy,
    request_id: intent.requestId,
    traceparent: intent.traceparent,
    lease_ms: intent.leaseMs,
    grace_ms: intent.graceMs,
    resolves_ms: intent.resolvesInMs,
    link_number: intent.link.number,
    link_hash: intent.link.hash,
    link_facts: intent.link.facts,
  };
}

function compareKeys(a: Intent, b: Intent): number {
  return a.merchantId < b.merchantId
    ? -1
    : a.merchantId > b.merchantId
      ? 1
      : Buffer.compare(a.keyHash, b.keyHash);
}

/** Two intents of one key in one batch: the first goes with it, the others find its row. */
export function makeBeginIntents(pool: pg.Pool): (intent: Intent) => Promise<IntentResult> {
  return makeBatcher<Intent, IntentResult>({
    compare: compareKeys,
    async run(intents) {
      const first = new Map<string, Intent>();
      for (const intent of intents) {
        const key = `${intent.merchantId} ${intent.keyHash.toString('hex')}`;
        if (!first.has(key)) first.set(key, intent);
      }
      const { rows } = await pool.query<{ payment_id: string; at: Date }>({
        name: 'begin-intents',
        text: BEGIN,
        values: [JSON.stringify([...first.values()].map(toRow))],
      });
      const created = new Map(rows.map(({ payment_id, at }) => [payment_id, at]));
      return intents.map(({ paymentId }) => {
        const at = created.get(paymentId);
        return at ? { kind: 'created', at } : { kind: 'exists' };
      });
    },
  });
}
