/** What every EventBus keeps when its handlers fail and its processes come and go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collector, DONE, describeEachBus, message } from '../support/bus-harness.ts';
import { eventually } from '../support/eventually.ts';
import { systemClock } from '../support/messaging.ts';

describeEachBus('EventBus with restarts', (harness) => {
  test('KAF-6 goes on after the committed offset; uncommitted messages come again', async () => {
    const topic = await harness().topic('jobs', ['g']);
    const group = `g.${topic}`;
    const first = harness().make();
    const done = collector();
    await first.subscribe({ group, topic, handle: done.handle });
    await first.publish([message(topic, 'k', 'one')]);
    await eventually(() => assert.deepEqual(done.values(), ['one']));
    await first.close();

    const second = harness().make();
    let tries = 0;
    const failing = await second.subscribe({
      group,
      topic,
      async handle() {
        tries++;
        throw new Error('the database is down');
      },
    });
    await second.publish([message(topic, 'k', 'two')]);
    await eventually(() => assert.ok(tries >= 2, 'the batch comes again by itself'));
    await failing.close();
    await second.close();

    const third = harness().make();
    const rest = collector();
    await third.subscribe({ group, topic, handle: rest.handle });
    await eventually(() => assert.deepEqual(rest.values(), ['two']));
    await third.close();
  });

  test('a handler that throws loses nothing and puts nothing aside', async () => {
    const topic = await harness().topic('jobs', ['g']);
    const bus = harness().make();
    const seen: (string | null)[] = [];
    let down = true;
    await bus.subscribe({
      group: `g.${topic}`,
      topic,
      async handle(messages) {
        if (down) throw new Error('the database is down');
        seen.push(...messages.map(({ value }) => value));
        return messages.map(() => DONE);
      },
    });
    await bus.publish(['one', 'two', 'three'].map((value) => message(topic, 'k', value)));
    setTimeout(() => {
      down = false;
    }, 500);
    await eventually(() => assert.deepEqual(seen, ['one', 'two', 'three']));
    await bus.close();
  });

  test('KAF-12 close waits for the batch in hand and commits it', async () => {
    const topic = await harness().topic('jobs', ['g']);
    const group = `g.${topic}`;
    const first = harness().make();
    const { promise: begun, resolve: onBegun } = Promise.withResolvers<void>();
    let finished = false;
    const running = await first.subscribe({
      group,
      topic,
      async handle(messages) {
        onBegun();
        await systemClock.sleep(400);
        finished = true;
        return messages.map(() => DONE);
      },
    });
    await first.publish([message(topic, 'k', 'one')]);
    await begun;
    await running.close();
    assert.ok(finished);
    await first.close();

    const second = harness().make();
    const { handle, values } = collector();
    await second.subscribe({ group, topic, handle });
    await second.publish([message(topic, 'k', 'two')]);
    await eventually(() => assert.deepEqual(values(), ['two']));
    await second.close();
  });

  test('KAF-12 rolling restarts lose nothing', async () => {
    const topic = await harness().topic('jobs', ['g']);
    const group = `g.${topic}`;
    const seen = new Map<string, number>();
    const member = async () => {
      const bus = harness().make();
      await bus.subscribe({
        group,
        topic,
        async handle(messages) {
          await systemClock.sleep(5);
          for (const { value } of messages) seen.set(value ?? '', (seen.get(value ?? '') ?? 0) + 1);
          return messages.map(() => DONE);
        },
      });
      return bus;
    };
    const publisher = harness().make();
    let members = [await member(), await member()];
    for (let round = 0; round < 4; round++) {
      const batch = Array.from({ length: 50 }, (_, i) => message(topic, `k${i}`, `${round}-${i}`));
      await publisher.publish(batch);
      const [oldest, ...rest] = members;
      const [, next] = await Promise.all([oldest?.close(), member()]);
      members = [...rest, next];
    }
    await eventually(() => assert.equal(seen.size, 200), { timeoutMs: 30_000 });
    await Promise.all([...members, publisher].map((bus) => bus.close()));
  });
});
