import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testServers } from '../chaos/fleet.ts';
import { runKafkaOutage } from '../chaos/kafka-outage.ts';
import { runPostgresCrash } from '../chaos/postgres-crash.ts';
import { propertySeed } from '../support/seed.ts';

describe('a server that is away', () => {
  it('KAF-13 Kafka: payments are accepted, and the outbox drains in order when it is back', async (t) => {
    const seed = propertySeed(t);
    const { problems } = await runKafkaOutage({ servers: testServers(), seconds: 8, seed });
    assert.deepEqual(problems, []);
  });

  it('Postgres, killed under load: 503 meanwhile, no double charge after', async (t) => {
    const seed = propertySeed(t);
    const { problems } = await runPostgresCrash({ servers: testServers(), rounds: 2, seed });
    assert.deepEqual(problems, []);
  });
});
