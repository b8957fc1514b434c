import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clientOptions,
  PRODUCER_GUARANTEES,
  producerOptions,
} from '../../../src/adapters/kafka/connection.ts';

const connection = { brokers: ['a:9092', 'b:9092'], clientId: 'worker' };

test('KAF-1 a producer waits for all replicas, is idempotent, and ends its retries', () => {
  assert.deepEqual(PRODUCER_GUARANTEES, { acks: -1, idempotent: true });
  assert.ok(Object.isFrozen(PRODUCER_GUARANTEES));
  const { acks, idempotent, retries } = producerOptions(connection);
  assert.deepEqual([acks, idempotent], [-1, true]);
  // The client takes one try or none as "for ever" when it is idempotent.
  assert.ok(typeof retries === 'number' && retries > 1 && retries <= 10);
});

test('each client gets options of its own, which it may change', () => {
  const [one, two] = [clientOptions(connection), clientOptions(connection)];
  assert.notEqual(one, two);
  assert.notEqual(one.bootstrapBrokers, connection.brokers);
  assert.deepEqual(one.bootstrapBrokers, connection.brokers);
});

test('TLS and SASL are given on, and absent when not asked for', () => {
  const plain = clientOptions(connection);
  assert.ok(!('tls' in plain) && !('sasl' in plain));
  const sasl = { mechanism: 'SCRAM-SHA-512', username: 'u', password: 'p' } as const;
  const secure = clientOptions({ ...connection, tls: true, sasl });
  assert.deepEqual(secure.tls, {});
  assert.deepEqual(secure.sasl, sasl);
  const ca = clientOptions({ ...connection, tls: { ca: 'PEM' } });
  assert.deepEqual(ca.tls, { ca: 'PEM' });
});
