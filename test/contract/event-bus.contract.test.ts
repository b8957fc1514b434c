/** One suite for every EventBus. What it says, Kafka and the embedded bus both keep. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_MESSAGE_BYTES, MessageRefused } from '../../src/domain/delivery.ts';
import { collector, DONE, describeEachBus, message, TIERS } from '../support/bus-harness.ts';
import { eventually } from '../support/eventually.ts';

describeEachBus('EventBus', (harness) => {
  test('delivers key, value and headers, also those older than its group', async () => {
    const topic = await harness().topic('jobs', ['g1']);
    const bus = harness().make();
    const { seen, handle } = collector();
    await bus.publish([message(topic, 'key-1', '{"n":1}')]);
    const running = await bus.subscribe({ group: `g1.${topic}`, topic, handle });
    await eventually(() => assert.equal(seen.length, 1));
    const [first] = seen;
    assert.equal(first?.key, 'key-1');
    assert.equal(first?.value, '{"n":1}');
    assert.equal(first?.headers['content-type'], 'application/cloudevents+json');
    assert.equal(first?.topic, topic);
    assert.equal(typeof first?.offset, 'bigint');
    await running.close();
  });

  test('keeps the order of each key', async () => {
    const topic = await harness().topic('jobs', ['g']);
    const bus = harness().make();
    const { seen, handle } = collector();
    const running = await bus.subscribe({ group: `g.${topic}`, topic, maxBatch: 17, handle });
    for (let round = 0; round < 10; round++) {
      const batch = Array.from({ length: 60 }, (_, i) =>
        message(topic, `key-${i % 6}`, String(round * 60 + i)),
      );
      await bus.publish(batch);
    }
    await eventually(() => assert.equal(seen.length, 600), { timeoutMs: 20_000 });
    for (let key = 0; key < 6; key++) {
      const numbers = seen.filter((m) => m.key === `key-${key}`).map((m) => Number(m.value));
      assert.deepEqual(
        numbers,
        [...numbers].sort((a, b) => a - b),
      );
    }
    await running.close();
  });

  test('gives every group each message', async () => {
    const topic = await harness().topic('events', [`a`, `b`]);
    const bus = harness().make();
    const [a, b] = [collector(), collector()];
    await bus.subscribe({ group: 'a', topic, handle: a.handle });
    await bus.subscribe({ group: 'b', topic, handle: b.handle });
    await bus.publish([message(topic, 'k', 'one'), message(topic, 'k', 'two')]);
    await eventually(() =>
      assert.deepEqual(
        [a.values(), b.values()],
        [
          ['one', 'two'],
          ['one', 'two'],
        ],
      ),
    );
    await bus.close();
  });

  test('KAF-9 tries 5 times through the tiers, each when due, then dead letters', async () => {
    const topic = await harness().topic('jobs', ['g']);
    const bus = harness().make();
    const bad = collector(({ value }) =>
      value === 'bad' ? { kind: 'retry', errorClass: 'gap' } : DONE,
    );
    const times: number[] = [];
    await bus.subscribe({
      group: `g.${topic}`,
      topic,
      async handle(messages) {
        if (messages.some(({ value }) => value === 'bad')) times.push(Date.now());
        return bad.handle(messages);
      },
    });
    await bus.publish([message(topic, 'k', 'bad'), message(topic, 'k', 'good')]);
    await eventually(() => assert.equal(times.length, 5), { timeoutMs: 20_000 });
    const dead = await eventually(async () => {
      const found = await harness().contents(`${topic}.dlq`);
      assert.equal(found.length, 1);
      return found;
    });

    assert.equal(bad.values().filter((value) => value === 'good').length, 1);
    const topics = bad.seen.filter(({ value }) => value === 'bad').map((one) => one.topic);
    const [five, minute, ten] = TIERS.map(({ suffix }) => `${topic}.${suffix}`);
    assert.deepEqual(topics, [topic, five, minute, ten, ten]);
    const gaps = times.slice(1).map((at, i) => at - (times[i] as number));
    for (const [i, delayMs] of [150, 300, 450, 450].entries()) {
      assert.ok((gaps[i] as number) >= delayMs - 5, `try ${i + 2} came after ${gaps[i]} ms`);
    }
    const headers = dead[0]?.headers ?? {};
    assert.equal(headers.attempt, '5');
    assert.equal(headers.error_class, 'gap');
    assert.equal(headers.origin_topic, topic);
    assert.match(headers.origin_partition ?? '', /^\d+$/);
    assert.match(headers.origin_offset ?? '', /^\d+$/);
    assert.ok(Date.parse(headers.first_failed_at ?? '') <= (times[1] as number));
    assert.equal(headers['content-type'], 'application/cloudevents+json');
    assert.equal(headers.due_at, undefined);
    await bus.close();
  });

  test('KAF-9 messages that wait in a tier do not hold up the topic', async () => {
    const topic = await harness().topic('jobs', ['g']);
    const bus = harness().make();
    const { handle, values } = collector(({ value }) =>
      Number(value) % 10 === 0 ? { kind: 'retry', errorClass: 'flaky' } : DONE,
    );
    await bus.subscribe({ group: `g.${topic}`, topic, handle });
    const numbers = Array.from({ length: 200 }, (_, i) => String(i));
    await bus.publish(numbers.map((value) => message(topic, `k${value}`, value)));
    await eventually(() => assert.equal(new Set(values()).size, 200));
    await bus.close();
  });

  test('KAF-8 poison goes to the dead letters at first sight, and the rest goes on', async () => {
    const topic = await harness().topic('events', ['g']);
    const bus = harness().make();
    const { handle, values } = collector(({ value }) =>
      value === '{bad json' ? { kind: 'dead', errorClass: 'json-invalid' } : DONE,
    );
    await bus.subscribe({ group: 'g', topic, handle });
    const sent = ['one', '', '{bad json', 'two'];
    await bus.publish(sent.map((value) => message(topic, 'k', value)));
    await eventually(() => assert.deepEqual(values(), ['one', '{bad json', 'two']));
    await eventually(async () => {
      const dead = await harness().contents(`${topic}.g.dlq`);
      const why = dead.map(({ value, headers }) => [value, headers.error_class]);
      assert.deepEqual(why, [
        ['', 'empty-value'],
        ['{bad json', 'json-invalid'],
      ]);
    });
    await bus.close();
  });

  test('KAF-8 a message above the limit is refused, and nothing of its batch is sent', async () => {
    const topic = await harness().topic('jobs', ['g']);
    const bus = harness().make();
    const batch = [
      message(topic, 'k', 'x'),
      message(topic, 'k', 'y'.repeat(MAX_MESSAGE_BYTES + 1)),
    ];
    await assert.rejects(bus.publish(batch), (error) => {
      assert.ok(error instanceof MessageRefused);
      assert.deepEqual([error.index, error.errorClass], [1, 'too-large']);
      return true;
    });
    await bus.close();
  });

  test('a batch larger than one request arrives whole and in order', async () => {
    const topic = await harness().topic('jobs', ['g']);
    const bus = harness().make();
    const { handle, seen } = collector();
    await bus.subscribe({ group: `g.${topic}`, topic, handle });
    const padding = 'x'.repeat(400_000);
    await bus.publish([0, 1, 2, 3, 4].map((n) => message(topic, 'k', `${n}${padding}`)));
    await eventually(() => assert.equal(seen.length, 5), { timeoutMs: 20_000 });
    assert.deepEqual(
      seen.map(({ value }) => value?.[0]),
      ['0', '1', '2', '3', '4'],
    );
    await bus.close();
  });
});
