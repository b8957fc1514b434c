import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { makeWriteGatherer } from '../../../src/adapters/redis/write-gatherer.ts';

function makeStream() {
  const writes: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      writes.push(String(chunk));
      done();
    },
    writev(chunks, done) {
      writes.push(chunks.map(({ chunk }) => String(chunk)).join(''));
      done();
    },
  });
  return { stream, writes };
}

it('commands of one turn leave in one write, in their order', async () => {
  const { stream, writes } = makeStream();
  const gather = makeWriteGatherer({ stream } as unknown as Redis);
  for (const command of ['a', 'b', 'c']) gather(() => stream.write(command));
  assert.deepEqual(writes, []);
  await nextTurn();
  gather(() => stream.write('d'));
  await nextTurn();
  assert.deepEqual(writes, ['abc', 'd']);
});

it('gathers on the stream of the day: before the first connection, and after a lost one', async () => {
  const client = { stream: undefined as unknown };
  const gather = makeWriteGatherer(client as unknown as Redis);
  assert.equal(
    gather(() => 'not sent'),
    'not sent',
  );
  const lost = makeStream();
  client.stream = lost.stream;
  gather(() => lost.stream.write('a'));
  lost.stream.destroy();
  await nextTurn();
  const fresh = makeStream();
  client.stream = fresh.stream;
  gather(() => fresh.stream.write('b'));
  await nextTurn();
  assert.deepEqual(fresh.writes, ['b']);
});
