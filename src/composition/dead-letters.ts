import { hash } from 'node:crypto';
import type pg from 'pg';
import { makeEmbeddedDeadLetterSource } from '../adapters/embedded-bus/dead-letter-source.ts';
import { makeReplayRecords } from '../adapters/postgres/replay-records.ts';
import type { DeadLetterSource } from '../domain/dead-letter.ts';
import { makeDeadLetters } from '../usecases/replay-dead-letters.ts';
import type { ProcessParts } from './process.ts';

/** Of Kafka where it is set; else of the bus that `dev` has in its database. */
export async function openDeadLetters(
  parts: ProcessParts,
  pool: pg.Pool,
  stack: AsyncDisposableStack,
) {
  const { config, clock } = parts;
  const source = await openSource(parts, pool);
  stack.defer(() => source.close());
  return makeDeadLetters({
    source,
    records: makeReplayRecords(pool),
    topicPrefix: config.kafka?.topicPrefix ?? '',
    clock,
    hash: (text) => hash('sha256', text),
  });
}

async function openSource({ config }: ProcessParts, pool: pg.Pool): Promise<DeadLetterSource> {
  if (config.kafka === null) return makeEmbeddedDeadLetterSource(pool);
  const { openKafkaDeadLetters } = await import('./kafka.ts');
  return openKafkaDeadLetters(config.kafka, config);
}
