import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeLineWriter } from '../../../src/log/line-writer.ts';
import { makeLogger } from '../../../src/log.ts';
import { memoryStream } from '../../support/memory-stream.ts';

const dropped = (count: number) => `dropped ${count}\n`;

test('lines are gathered and written together', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const stream = memoryStream();
  const writer = makeLineWriter(stream, dropped);
  writer.write('a\n');
  writer.write('b\n');
  assert.equal(stream.writes(), 0);
  t.mock.timers.tick(100);
  assert.equal(stream.text(), 'a\nb\n');
  assert.equal(stream.writes(), 1);
  await writer.close();
});

test('a full batch does not wait', async () => {
  const stream = memoryStream();
  const writer = makeLineWriter(stream, dropped, { batchCharacters: 10 });
  writer.write('12345\n');
  assert.equal(stream.writes(), 0);
  writer.write('12345\n');
  assert.equal(stream.writes(), 1);
  await writer.close();
});

test('an error line goes out at once, with what came before it', async () => {
  const stream = memoryStream();
  const logger = makeLogger({ level: 'info', role: 'api', stream });
  logger.info('before');
  assert.equal(stream.writes(), 0);
  logger.error('last words');
  assert.match(stream.text(), /before.*\n.*last words/);
  await logger.close();
});

test('memory is bounded when nobody reads: lines are dropped, counted, and told', async () => {
  const stream = memoryStream({ held: true });
  const limits = { batchCharacters: 20_000, maxCharacters: 30_000 };
  const writer = makeLineWriter(stream, dropped, limits);
  const line = `${'x'.repeat(999)}\n`;
  for (let i = 0; i < 1_000; i += 1) writer.write(line);
  assert.equal(stream.text().length, 20_000, 'the stream holds one batch');
  stream.release();
  await writer.close();
  assert.equal(stream.text().length, 50_000 + 'dropped 950\n'.length);
  assert.ok(stream.text().endsWith('dropped 950\n'));
});

test('closing waits until the last line is out', async () => {
  const stream = memoryStream({ held: true });
  const writer = makeLineWriter(stream, dropped);
  writer.write('last\n');
  let isClosed = false;
  const closing = writer.close().then(() => {
    isClosed = true;
  });
  await new Promise(setImmediate);
  assert.equal(isClosed, false);
  stream.release();
  await closing;
  assert.equal(stream.text(), 'last\n');
});

test('closing gives a stuck reader up after a second', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const writer = makeLineWriter(memoryStream({ held: true }), dropped);
  writer.write('last\n');
  const closing = writer.close();
  t.mock.timers.tick(1_000);
  await closing;
});

test('a stream that breaks does not break the process', async () => {
  const stream = memoryStream();
  const writer = makeLineWriter(stream, dropped);
  stream.destroy(new Error('EPIPE'));
  await new Promise(setImmediate);
  writer.write('x\n');
  writer.flush();
  await writer.close();
});

test('closed, it lets go of the stream', async () => {
  const stream = memoryStream();
  const writer = makeLineWriter(stream, dropped);
  await writer.close();
  writer.write('late\n');
  writer.flush();
  assert.equal(stream.text(), '');
  assert.equal(stream.listenerCount('error'), 0);
  assert.equal(stream.listenerCount('drain'), 0);
});
