import { Admin, Consumer } from '@platformatic/kafka';
import type { DeadLetter, DeadLetterSource } from '../../domain/dead-letter.ts';
import { ownerOf } from '../../domain/dead-letter.ts';
import { explained } from '../../domain/server-trouble.ts';
import { closeClient } from './close-client.ts';
import { clientOptions, type KafkaConnection } from './connection.ts';
import { makePublisher } from './publisher.ts';
import { type RawMessage, toReceived } from './received-message.ts';

/** Dead letters are few, or something is very wrong; then a person looks at the first of them. */
const MAX_LETTERS = 20_000;
const MAX_BYTES = 128 * 1_048_576;
const FETCH_BYTES = 2 * 1_048_576;
const FETCH_WAIT_MS = 500;
/** Fetches in a row that brought nothing, although the partition has more. */
const MAX_EMPTY_FETCHES = 5;

const EARLIEST = -2n;
const LATEST = -1n;
/** The epoch only serves to detect truncation, which acks of all replicas rule out. */
const NO_EPOCH = -1;

type Reader = Consumer<Buffer, Buffer, Buffer, Buffer>;

interface Share {
  topic: string;
  topicId: string;
  partition: number;
  leader: number;
  start: bigint;
  end: bigint;
}

/** Reads by plain fetches: it joins no group, so that nothing is committed and no consumer is disturbed. */
export function makeDeadLetterSource(
  connection: KafkaConnection,
  prefix: string,
): DeadLetterSource {
  const reader: Reader = new Consumer({
    ...clientOptions(connection),
    groupId: `${prefix}dead-letters`,
    autocommit: false,
  });
  reader.on('error', () => {});
  const publisher = makePublisher(connection);

  async function read(since: Date | null) {
    const letters: DeadLetter[] = [];
    let bytes = 0;
    const isFull = () => letters.length >= MAX_LETTERS || bytes >= MAX_BYTES;
    for (const share of await sharesOf(reader, await namesOf(connection, prefix))) {
      for await (const letter of readShare(reader, share)) {
        if (since !== null && letter.at < since) continue;
        letters.push(letter);
        bytes += letter.value?.length ?? 0;
        if (isFull()) break;
      }
      if (isFull()) break;
    }
    letters.sort((a, b) => a.at.getTime() - b.at.getTime());
    return { letters, complete: !isFull() };
  }

  return {
    async read(since) {
      try {
        return await read(since);
      } catch (error) {
        throw explained('kafka', error);
      }
    },
    publish: publisher.publish,
    async close() {
      await Promise.all([closeClient(reader), publisher.close()]);
    },
  };
}

async function namesOf(connection: KafkaConnection, prefix: string): Promise<string[]> {
  const admin = new Admin(clientOptions(connection));
  admin.on('error', () => {});
  try {
    const names = await admin.listTopics();
    return names.filter((topic) => ownerOf(topic, prefix) !== null).toSorted();
  } finally {
    await admin.close().catch(() => {});
  }
}

async function sharesOf(reader: Reader, names: string[]): Promise<Share[]> {
  if (names.length === 0) return [];
  const { topics } = await reader.metadata({ topics: names, forceUpdate: true });
  for (const name of names) reader.topics.track(name);
  const starts = await reader.listOffsets({ topics: names, timestamp: EARLIEST });
  const ends = await reader.listOffsets({ topics: names, timestamp: LATEST });
  return names.flatMap((topic) => {
    const { id: topicId = '', partitions = [] } = topics.get(topic) ?? {};
    return partitions.map(({ leader }, partition) => ({
      ...{ topic, topicId, partition, leader },
      start: starts.get(topic)?.[partition] ?? 0n,
      end: ends.get(topic)?.[partition] ?? 0n,
    }));
  });
}

async function* readShare(reader: Reader, share: Share): AsyncGenerator<DeadLetter> {
  const { topic, topicId, partition, leader, end } = share;
  let next = share.start;
  for (let empty = 0; next < end; ) {
    const { responses } = await reader.fetch({
      node: leader,
      maxBytes: FETCH_BYTES,
      minBytes: 1,
      maxWaitTime: FETCH_WAIT_MS,
      topics: [{ topicId, partitions: [at(partition, next)] }],
    });
    const before = next;
    const found = responses.find((one) => one.topicId === topicId)?.partitions ?? [];
    const batches = found.find((one) => one.partitionIndex === partition)?.records ?? [];
    for (const { firstOffset, firstTimestamp, lastOffsetDelta, records } of batches) {
      for (const { offsetDelta, timestampDelta, key, value, headers } of records) {
        const offset = firstOffset + BigInt(offsetDelta);
        // A batch comes whole, also what stands before the place that was asked for.
        if (offset < next || offset >= end) continue;
        const raw = { topic, partition, offset, key, value, headers: new Map(headers) };
        const received = toReceived(raw as unknown as RawMessage);
        yield { ...received, at: new Date(Number(firstTimestamp + timestampDelta)) };
      }
      next = firstOffset + BigInt(lastOffsetDelta) + 1n;
    }
    empty = next > before ? 0 : empty + 1;
    if (empty > MAX_EMPTY_FETCHES)
      throw new Error(`${topic} ${partition} gives no more at ${next}`);
  }
}

function at(partition: number, fetchOffset: bigint) {
  return {
    ...{ partition, fetchOffset, currentLeaderEpoch: NO_EPOCH, lastFetchedEpoch: NO_EPOCH },
    partitionMaxBytes: FETCH_BYTES,
  };
}
