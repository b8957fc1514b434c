import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type DeadLetter,
  letterId,
  obstacleOf,
  ownerOf,
  replayOf,
  subjectOf,
} from '../../../src/domain/dead-letter.ts';
import { nextHop } from '../../../src/domain/delivery.ts';

const letter = (over: Partial<DeadLetter> = {}): DeadLetter => ({
  topic: 'payments.jobs.dlq',
  partition: 10,
  offset: 7n,
  key: 'wallet',
  value: '{}',
  headers: {},
  at: new Date(0),
  ...over,
});

test('whose dead letters they are is read from the topic, with and without a prefix', () => {
  assert.deepEqual(ownerOf('payments.jobs.dlq', ''), { origin: 'payments.jobs', group: '' });
  assert.deepEqual(ownerOf('payments.events.dlq', ''), { origin: 'payments.events', group: null });
  assert.deepEqual(ownerOf('payments.events.webhooks.dlq', ''), {
    origin: 'payments.events',
    group: 'webhooks',
  });
  assert.deepEqual(ownerOf('blue.payments.events.blue.webhooks.dlq', 'blue.'), {
    origin: 'blue.payments.events',
    group: 'webhooks',
  });
  for (const stranger of ['payments.jobs', 'orders.dlq', 'green.payments.jobs.dlq', 'dlq']) {
    assert.equal(ownerOf(stranger, 'blue.'), null, stranger);
  }
});

test('KAF-11 a replay is the message as it was before its first try, and says what it was', () => {
  const headers = { 'content-type': 'application/cloudevents+json', traceparent: '00-1' };
  const first = { topic: 'payments.jobs', partition: 3, offset: 17n, key: 'wallet', value: '{}' };
  const dead = nextHop(
    { ...first, headers },
    { kind: 'dead', errorClass: 'gap' },
    { topic: 'payments.jobs', group: 'settlement' },
    { now: new Date(0) },
  );
  const found = letter({ headers: dead.headers });
  const message = replayOf(found, { origin: 'payments.jobs', group: '' });
  assert.deepEqual(message, {
    topic: 'payments.jobs',
    key: 'wallet',
    value: '{}',
    headers: { ...headers, replayed_from: 'payments.jobs.dlq:10:7' },
  });
  assert.equal(letterId(found), 'payments.jobs.dlq:10:7');
});

test('what cannot go back says why', () => {
  const obstacle = (over: Partial<DeadLetter>) => obstacleOf(letter(over), '');
  assert.equal(obstacle({}), null);
  assert.equal(obstacle({ headers: { origin_topic: 'payments.jobs' } }), null);
  assert.match(obstacle({ headers: { origin_topic: 'orders' } }) ?? '', /comes from orders/);
  assert.match(obstacle({ value: null }) ?? '', /no value/);
  assert.match(obstacle({ headers: { dropped_bytes: '1000001' } }) ?? '', /was not kept/);
  assert.match(obstacle({ topic: 'payments.events.dlq' }) ?? '', /no broker took it/);
  assert.match(obstacle({ topic: 'orders.dlq' }) ?? '', /none of ours/);
});

test('what it is about is told also of a version that is not known here', () => {
  const event = { specversion: '1.0', id: 'e', type: 'payment.accepted', subject: 'pay_1' };
  const newer = JSON.stringify({ ...event, dataschema: 'urn:payments:job:v9' });
  const told = { eventId: 'e', type: 'payment.accepted', paymentId: 'pay_1' };
  assert.deepEqual(subjectOf(letter({ value: newer })), told);
  const other = JSON.stringify({ specversion: '1.0', dataschema: 'x', id: 7 });
  for (const value of [null, 'not json', '[]', other]) {
    assert.equal(subjectOf(letter({ value })), null);
  }
});
