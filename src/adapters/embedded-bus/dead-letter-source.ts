import type pg from 'pg';
import type { DeadLetterSource } from '../../domain/dead-letter.ts';
import { makeMessageLog } from './log.ts';

const MAX_LETTERS = 20_000;

const READ = `
select id::text, topic, message_key, value, headers, created_at from bus_messages
where topic like 'payments.%.dlq' and created_at >= coalesce($1, '-infinity'::timestamptz)
order by id limit $2`;

interface Row {
  id: string;
  topic: string;
  message_key: string;
  value: string;
  headers: Record<string, string>;
  created_at: Date;
}

/** The dead letters of role `dev`. */
export function makeEmbeddedDeadLetterSource(pool: pg.Pool): DeadLetterSource {
  return {
    async read(since) {
      const { rows } = await pool.query<Row>(READ, [since, MAX_LETTERS]);
      const letters = rows.map(
        ({ id, topic, message_key: key, value, headers, created_at: at }) => {
          return { topic, partition: 0, offset: BigInt(id), key, value, headers, at };
        },
      );
      return { letters, complete: rows.length < MAX_LETTERS };
    },
    publish: (messages) => makeMessageLog(pool).append(messages),
    async close() {},
  };
}
