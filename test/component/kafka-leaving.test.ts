/** KAF-12: a reader that is closed while its group rebalances is gone, and leaves nothing that runs. */
import assert from 'node:assert/strict';
import { tracingChannel } from 'node:diagnostics_channel';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeKafkaEventBus } from '../../src/adapters/kafka/event-bus.ts';
import { ensureTopics } from '../../src/adapters/kafka/topics.ts';
import type { Verdict } from '../../src/domain/ports.ts';
import { withAdmin } from '../support/kafka.ts';
import {
  kafkaBrokers,
  randomName,
  recordingMetrics,
  silentLogger,
  systemClock,
} from '../support/messaging.ts';

const HEARTBEAT_MS = 100;
const connection = { brokers: kafkaBrokers(), clientId: 'leaving-test' };
const DONE: Verdict = { kind: 'done' };

interface Traced {
  client?: { groupId?: string };
  operation?: string;
}

/** Calls back when the Kafka client begins something, as its diagnostics channels tell it. */
function onBegin(channel: string, tell: (traced: Traced) => void) {
  const { start } = tracingChannel(`plt:kafka:consumer:${channel}`);
  const listener = (message: unknown) => tell(message as Traced);
  start.subscribe(listener);
  return { [Symbol.dispose]: () => void start.unsubscribe(listener) };
}

test('KAF-12 the answer to a join that comes while a reader closes makes it no member again', async () => {
  const topic = `${randomName('t')}.payments.jobs`;
  const group = `g.${topic}`;
  await ensureTopics({
    connection,
    partitions: 4,
    minReplication: 1,
    topics: [topic],
    subscriptions: [{ topic, group }],
  });
  const makeBus = () =>
    makeKafkaEventBus({
      connection,
      clock: systemClock,
      logger: silentLogger,
      metrics: recordingMetrics().metrics,
      timing: { sessionMs: 6_000, heartbeatMs: HEARTBEAT_MS, drainMs: 4_000 },
    });
  const handle = async (messages: unknown[]) => messages.map(() => DONE);
  const first = makeBus();
  const second = makeBus();
  let reader: Traced['client'];
  const joining = onBegin('group', ({ client }) => {
    if (client?.groupId === group) reader = client;
  });
  const leaving = await first.subscribe({ group, topic, handle });
  joining[Symbol.dispose]();
  // The reader of the topic itself asks for its share once more as soon as the second one wants to join.
  const closed = Promise.withResolvers<void>();
  const rejoined = onBegin('group', ({ client, operation }) => {
    if (client !== reader || operation !== 'syncGroup') return;
    rejoined[Symbol.dispose]();
    leaving.close().then(closed.resolve, closed.reject);
  });
  const staying = await second.subscribe({ group, topic, handle });
  await closed.promise;
  await staying.close();
  let beats = 0;
  using _beating = onBegin('heartbeat', ({ client }) => {
    if (client?.groupId?.startsWith(group)) beats += 1;
  });
  await sleep(5 * HEARTBEAT_MS);
  assert.equal(beats, 0, 'somebody who left still sends heartbeats');
  const state = await withAdmin(connection.brokers, (admin) =>
    admin.describeGroups({ groups: [group] }),
  );
  assert.equal(state.get(group)?.members.size ?? 0, 0);
  await Promise.all([first.close(), second.close()]);
});
