import { Admin, Consumer, MessagesStreamModes } from '@platformatic/kafka';
import { randomName } from './messaging.ts';

export interface TopicRecord {
  partition: number;
  offset: bigint;
  key: string;
  value: string;
  headers: Record<string, string>;
}

/**
 * Everything that lies in a topic now, per partition in order, read without the code under test.
 */
export async function readTopic(brokers: string[], topic: string): Promise<TopicRecord[]> {
  const common = { clientId: 'test-reader', bootstrapBrokers: brokers };
  const consumer = new Consumer({ ...common, groupId: randomName('reader'), maxWaitTime: 100 });
  try {
    const { topics } = await consumer.metadata({ topics: [topic] });
    const partitions = Array.from({ length: topics.get(topic)?.partitionsCount ?? 0 }, (_, i) => i);
    const at = { topics: [topic], partitions: { [topic]: partitions } };
    const ends = (await consumer.listOffsets({ ...at, timestamp: -1n })).get(topic) ?? [];
    const starts = (await consumer.listOffsets({ ...at, timestamp: -2n })).get(topic) ?? [];
    const total = ends.reduce((sum, end, i) => sum + Number(end - (starts[i] ?? 0n)), 0);
    const records: TopicRecord[] = [];
    if (total === 0) return records;
    const stream = await consumer.consume({
      topics: [topic],
      mode: MessagesStreamModes.EARLIEST,
      autocommit: false,
    });
    for await (const { partition, offset, key, value, headers } of stream) {
      records.push({
        partition,
        offset,
        key: key?.toString() ?? '',
        value: value?.toString() ?? '',
        headers: Object.fromEntries([...headers].map(([name, text]) => [`${name}`, `${text}`])),
      });
      if (records.length >= total) break;
    }
    return records.sort((a, b) => a.partition - b.partition || Number(a.offset - b.offset));
  } finally {
    await consumer.close(true).catch(() => {});
  }
}

/** An administrator's connection for a test; closed by `use`. */
export async function withAdmin<T>(brokers: string[], use: (admin: Admin) => Promise<T>) {
  const admin = new Admin({ clientId: 'test-admin', bootstrapBrokers: brokers });
  try {
    return await use(admin);
  } finally {
    await admin.close();
  }
}
