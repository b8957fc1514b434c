import { pbkdf2Sync, randomBytes } from 'node:crypto';
import {
  Admin,
  alterUserScramCredentialsV0,
  Connection,
  Consumer,
  MessagesStreamModes,
} from '@platformatic/kafka';
import { eventually } from './eventually.ts';
import { randomName } from './messaging.ts';
import type { TlsServer } from './tls-servers.ts';

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

/** SCRAM-SHA-512, in Kafka's numbers. */
const MECHANISM = 2;
const ITERATIONS = 4_096;

type ScramServer = Pick<TlsServer, 'port' | 'authority' | 'user' | 'password'>;

/** Makes a user of a broker that demands SCRAM, gives it another password, or with null takes it away. */
export async function setScramUser(
  server: ScramServer,
  name: string,
  newPassword: string | null,
): Promise<void> {
  const connection = await eventually(() => connectAs(server));
  const salt = randomBytes(16);
  const { api } = alterUserScramCredentialsV0;
  const deletions = newPassword === null ? [{ name, mechanism: MECHANISM }] : [];
  const upsertions =
    newPassword === null
      ? []
      : [
          {
            name,
            mechanism: MECHANISM,
            iterations: ITERATIONS,
            salt,
            saltedPassword: pbkdf2Sync(newPassword, salt, ITERATIONS, 64, 'sha512'),
          },
        ];
  await api.async(connection, deletions, upsertions);
  await connection.close();
}

/** A bare connection tries once; a broker that is busy may drop it while it says who it is. */
async function connectAs({ port, authority, user, password }: ScramServer): Promise<Connection> {
  const sasl = { mechanism: 'SCRAM-SHA-512', username: user, password } as const;
  const connection = new Connection('test-admin', { tls: { ca: authority }, sasl });
  await connection.connect('localhost', port);
  return connection;
}
