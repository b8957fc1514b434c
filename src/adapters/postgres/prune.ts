import type pg from 'pg';

export interface PruneSettings {
  /** Published messages stay this long for a look back. @default 1 h */
  outboxMs?: number;
  /** Longer than a message can live in a topic and its retry tiers. @default 14 days */
  processedEventsMs?: number;
  /** How long an answer replays. @default 30 days */
  answersMs?: number;
}

/** Rows of one statement: it must not hold its locks for long. */
const BATCH = 5_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The key's row stays for ever: it is what keeps the key from charging again. */
const STATEMENTS = {
  outbox: `with old as (
      select id from outbox where published_at < now() - $1 * interval '1 millisecond' limit ${BATCH}
      for update skip locked)
    delete from outbox using old where outbox.id = old.id`,
  processed_events: `with old as (
      select consumer, event_id from processed_events
      where processed_at < now() - $1 * interval '1 millisecond' limit ${BATCH}
      for update skip locked)
    delete from processed_events p using old
    where p.consumer = old.consumer and p.event_id = old.event_id`,
  answers: `with old as (
      select merchant_id, key_hash from idempotency_keys
      where answer_body is not null and answered_at < now() - $1 * interval '1 millisecond'
      limit ${BATCH} for update skip locked)
    update idempotency_keys k set answer_body = null, answer_type = null, answer_status = null
    from old where k.merchant_id = old.merchant_id and k.key_hash = old.key_hash`,
};

/** Prunes one batch of everything that grows; answers how many rows went, so that a caller can go on. */
export function makePrune(pool: pg.Pool, settings: PruneSettings = {}) {
  const ages = {
    outbox: settings.outboxMs ?? HOUR_MS,
    processed_events: settings.processedEventsMs ?? 14 * DAY_MS,
    answers: settings.answersMs ?? 30 * DAY_MS,
  };
  return async (): Promise<number> => {
    let pruned = 0;
    for (const [table, text] of Object.entries(STATEMENTS)) {
      const { rowCount } = await pool.query(text, [ages[table as keyof typeof ages]]);
      pruned += rowCount ?? 0;
    }
    return pruned;
  };
}
