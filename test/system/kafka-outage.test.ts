import assert from 'node:assert/strict';
import { it } from 'node:test';
import { testServers } from '../chaos/fleet.ts';
import { runKafkaOutage } from '../chaos/kafka-outage.ts';
import { propertySeed } from '../support/seed.ts';

it('KAF-13 without Kafka payments are accepted, and the outbox drains in order when it is back', async (t) => {
  const seed = propertySeed(t);
  const { problems } = await runKafkaOutage({ servers: testServers(), seconds: 8, seed });
  assert.deepEqual(problems, []);
});
