import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  deadLetterTopic,
  dueInMs,
  nextHop,
  retryBase,
  retryTopics,
} from '../../../src/domain/delivery.ts';
import type { InboundMessage } from '../../../src/domain/event.ts';

const now = new Date('2026-01-02T03:04:05.000Z');
const jobs = { topic: 'payments.jobs', group: 'worker' };
const first: InboundMessage = {
  topic: 'payments.jobs',
  partition: 3,
  offset: 17n,
  key: 'k',
  value: '{}',
  headers: { 'content-type': 'application/cloudevents+json' },
};
const retry = { kind: 'retry', errorClass: 'gap' } as const;

test('the jobs topic has one set of tiers, a topic of facts has one per group', () => {
  assert.deepEqual(
    retryTopics('payments.jobs', 'worker').map(({ topic }) => topic),
    ['payments.jobs.retry.5s', 'payments.jobs.retry.1m', 'payments.jobs.retry.10m'],
  );
  assert.equal(deadLetterTopic('payments.jobs', 'worker'), 'payments.jobs.dlq');
  assert.equal(deadLetterTopic('payments.events', 'webhooks'), 'payments.events.webhooks.dlq');
  assert.equal(retryBase('eu.payments.jobs', 'worker'), 'eu.payments.jobs');
});

test('KAF-9 five tries in all: 5s, 1m, 10m, 10m, then the dead letters', () => {
  const visited: string[] = [];
  let message = first;
  for (let tries = 1; tries <= 5; tries++) {
    const hop = nextHop(message, retry, jobs, { now });
    assert.equal(hop.headers.attempt, String(tries));
    visited.push(hop.topic.slice('payments.jobs.'.length));
    message = { ...message, ...hop };
  }
  assert.deepEqual(visited, ['retry.5s', 'retry.1m', 'retry.10m', 'retry.10m', 'dlq']);
});

test('KAF-9 the headers say where it came from, when and why it failed', () => {
  const once = nextHop(first, retry, jobs, { now });
  assert.deepEqual(once.headers, {
    'content-type': 'application/cloudevents+json',
    attempt: '1',
    first_failed_at: '2026-01-02T03:04:05.000Z',
    error_class: 'gap',
    origin_topic: 'payments.jobs',
    origin_partition: '3',
    origin_offset: '17',
    due_at: '2026-01-02T03:04:10.000Z',
  });
  const later = new Date('2026-01-02T03:05:00.000Z');
  const elsewhere = { ...first, ...once, partition: 9, offset: 1n };
  const twice = nextHop(elsewhere, { kind: 'retry', errorClass: 'other' }, jobs, { now: later });
  assert.equal(twice.headers.first_failed_at, '2026-01-02T03:04:05.000Z');
  assert.equal(twice.headers.origin_topic, 'payments.jobs');
  assert.equal(twice.headers.origin_offset, '17');
  assert.equal(twice.headers.error_class, 'other');
  assert.equal(twice.headers.due_at, '2026-01-02T03:06:00.000Z');
});

test('KAF-8 a dead verdict goes straight to the dead letters, and has no due time', () => {
  const hop = nextHop(first, { kind: 'dead', errorClass: 'json-invalid' }, jobs, { now });
  assert.equal(hop.topic, 'payments.jobs.dlq');
  assert.equal(hop.headers.due_at, undefined);
  assert.equal(hop.key, 'k');
  assert.equal(hop.value, '{}');
});

test('an attempt header that nobody of ours wrote counts as none', () => {
  for (const attempt of ['', 'x', '-3', '1.5', 'Infinity']) {
    const hop = nextHop({ ...first, headers: { attempt } }, retry, jobs, { now });
    assert.equal(hop.headers.attempt, '1');
  }
});

test('a wait is never longer than the tier, whatever another clock wrote', () => {
  const due = (dueAt: string) => dueInMs({ ...first, headers: { due_at: dueAt } }, 5_000, now);
  assert.equal(due('2026-01-02T03:04:07.000Z'), 2_000);
  assert.equal(due('2026-01-02T03:04:01.000Z'), 0);
  assert.equal(due('2036-01-01T00:00:00.000Z'), 5_000);
  assert.equal(due('soon'), 0);
});
