import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { topicNames } from '../../../src/adapters/kafka/topics.ts';
import { topicPlan, withTopicPrefix } from '../../../src/composition/topics.ts';
import { deadLetterTopic, retryBase } from '../../../src/domain/delivery.ts';
import type { OutboundMessage } from '../../../src/domain/event.ts';
import type { EventBus, Subscription } from '../../../src/domain/ports.ts';
import { API_ENV, load } from '../../support/config-env.ts';

const CONNECTION = { brokers: ['k1:9092'], clientId: 'test' };

function namesWith(env: Record<string, string>): string[] {
  const { kafka } = load({ ...API_ENV, KAFKA_BROKERS: 'k1:9092', ...env });
  assert.ok(kafka);
  return topicNames(topicPlan(CONNECTION, kafka));
}

function recordingBus() {
  const published: OutboundMessage[] = [];
  const subscriptions: Subscription[] = [];
  const bus: EventBus = {
    async publish(messages) {
      published.push(...messages);
    },
    async subscribe(subscription) {
      subscriptions.push(subscription);
      return { close: async () => {} };
    },
    close: async () => {},
  };
  return { bus, published, subscriptions };
}

const MESSAGE: OutboundMessage = { topic: 'payments.jobs', key: 'k', value: '{}', headers: {} };

describe('a topic prefix', () => {
  it('stands in front of every topic that migrate makes, and without it the names are plain', () => {
    const plain = namesWith({});
    assert.ok(plain.includes('payments.jobs.retry.10m'));
    const prefixed = plain.map((name) => `staging.${name}`);
    assert.deepEqual(namesWith({ KAFKA_TOPIC_PREFIX: 'staging' }), prefixed);
  });

  it('stands in front of what is published and read, and of the group', async () => {
    const { bus, published, subscriptions } = recordingBus();
    const prefixed = withTopicPrefix(bus, 'staging.');
    await prefixed.publish([MESSAGE]);
    const handle = async () => [];
    await prefixed.subscribe({ topic: 'payments.jobs', group: 'settlement', handle });
    assert.deepEqual(published, [{ ...MESSAGE, topic: 'staging.payments.jobs' }]);
    const [{ topic, group } = {}] = subscriptions;
    assert.deepEqual([topic, group], ['staging.payments.jobs', 'staging.settlement']);
  });

  it('leaves the jobs a work queue: their retry tiers and dead letters carry no group', () => {
    assert.equal(retryBase('staging.payments.jobs', 'g'), 'staging.payments.jobs');
    assert.equal(deadLetterTopic('staging.payments.events', 'g'), 'staging.payments.events.g.dlq');
  });

  it('that is empty changes nothing, not even the object', () => {
    const { bus } = recordingBus();
    assert.equal(withTopicPrefix(bus, ''), bus);
  });
});
