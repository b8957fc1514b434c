import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { buildConnector } from 'undici';
import { makeHttpClient } from '../../../src/adapters/provider-http/http-client.ts';
import { eventually } from '../../support/eventually.ts';
import {
  POST,
  reset,
  sendOnce,
  sendTo,
  summary,
  TIMEOUT_MS,
  write,
  writeAndClose,
} from '../../support/http-client-rig.ts';
import {
  closedPort,
  httpAnswer,
  type RawHandler,
  startRawServer,
} from '../../support/raw-server.ts';

interface WireRow {
  name: string;
  handler: RawHandler;
  want: string;
  timeoutMs?: number;
}

const gzipped = gzipSync('{"a":1}');

const ROWS: WireRow[] = [
  { name: 'an answer', handler: write(httpAnswer(202, 'ok')), want: 'response 202 ok' },
  { name: 'an empty 200', handler: write(httpAnswer(200)), want: 'response 200' },
  { name: 'a 204', handler: write('HTTP/1.1 204 X\r\n\r\n'), want: 'response 204' },
  { name: 'a 302', handler: write(httpAnswer(302, '', { location: '/x' })), want: 'response 302' },
  { name: 'a 307', handler: write(httpAnswer(307, '', { location: '/x' })), want: 'response 307' },
  { name: 'a 500', handler: write(httpAnswer(500, 'oops')), want: 'response 500 oops' },
  {
    name: 'a 103 before the answer',
    handler: write(`HTTP/1.1 103 X\r\nlink: a\r\n\r\n${httpAnswer(200, 'ok')}`),
    want: 'response 200 ok',
  },
  {
    name: 'a chunked answer',
    handler: write('HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'),
    want: 'response 200 ok',
  },
  {
    name: 'an answer that ends with the connection',
    handler: writeAndClose('HTTP/1.1 200 X\r\nconnection: close\r\n\r\nok'),
    want: 'response 200 ok',
  },
  {
    name: 'an answer in two pieces',
    handler: (socket) => {
      socket.write('HTTP/1.1 200 X\r\ncontent-length: 2\r\n\r\no');
      setImmediate(() => socket.write('k'));
    },
    want: 'response 200 ok',
  },
  { name: 'a reset before the answer', handler: reset, want: 'lost reset' },
  { name: 'a close without an answer', handler: (socket) => socket.end(), want: 'lost reset' },
  {
    name: 'a reset after partial headers',
    handler: (socket) => {
      socket.write('HTTP/1.1 202 X\r\ncontent-le', () => setImmediate(() => reset(socket)));
    },
    want: 'lost reset',
  },
  {
    name: 'a close after partial headers',
    handler: writeAndClose('HTTP/1.1 202 X\r\ncontent-le'),
    want: 'lost reset',
  },
  {
    name: 'a body that is shorter than its length',
    handler: writeAndClose('HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\nok'),
    want: 'lost truncated',
  },
  {
    name: 'a short body on a connection that closes',
    handler: writeAndClose('HTTP/1.1 200 X\r\ncontent-length: 9\r\nconnection: close\r\n\r\nok'),
    want: 'lost truncated',
  },
  {
    name: 'chunks without an end',
    handler: writeAndClose('HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n'),
    want: 'lost truncated',
  },
  { name: 'garbage', handler: write('\u0000\u0001garbage\r\n\r\n'), want: 'lost protocol' },
  { name: 'a garbled status line', handler: write('HTTP/9.9 abc\r\n\r\n'), want: 'lost protocol' },
  { name: 'an unasked 100', handler: write('HTTP/1.1 100 X\r\n\r\n'), want: 'lost reset' },
  {
    name: 'an upgrade',
    handler: write('HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
    want: 'lost reset',
  },
  {
    name: 'a body over the limit',
    handler: write(httpAnswer(200, 'x'.repeat(70_000))),
    want: 'lost too-large',
  },
  {
    name: 'headers over the limit',
    handler: write(httpAnswer(200, '', { 'x-long': 'x'.repeat(20_000) })),
    want: 'lost too-large',
  },
  { name: 'no answer', handler: () => {}, want: 'lost timeout', timeoutMs: TIMEOUT_MS },
  {
    name: 'headers that never end',
    handler: write('HTTP/1.1 200 X\r\nx-a: '),
    want: 'lost timeout',
    timeoutMs: TIMEOUT_MS,
  },
  {
    name: 'a body that never ends',
    handler: write('HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\nok'),
    want: 'lost timeout',
    timeoutMs: TIMEOUT_MS,
  },
];

describe('AMB-1 the client tells what happened on the wire', () => {
  for (const { name, handler, want, timeoutMs } of ROWS) {
    test(`${name}: ${want}`, async () => {
      assert.equal(summary(await sendOnce(handler, {}, timeoutMs)), want);
    });
  }

  test('an encoded body is not decoded, so that it cannot grow', async () => {
    const head = `HTTP/1.1 200 X\r\ncontent-encoding: gzip\r\ncontent-length: ${gzipped.length}`;
    const answer = Buffer.concat([Buffer.from(`${head}\r\n\r\n`), gzipped]);
    const result = await sendOnce(write(answer));
    assert.equal(result.kind, 'response');
    assert.equal(result.kind === 'response' && result.body.includes('"a"'), false);
  });

  test('a refused connection never left', async () => {
    const result = await sendTo(`http://127.0.0.1:${await closedPort()}`);
    assert.equal(summary(result), 'never-left connect-refused');
  });

  test('a name that does not resolve never left', async () => {
    assert.equal(summary(await sendTo('http://nothing.invalid')), 'never-left dns');
  });

  test('TLS to a server without TLS never left', async () => {
    await using server = await startRawServer(() => {});
    const plain = createServer((socket) => socket.end('HTTP/1.1 400 X\r\n\r\n'));
    plain.listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const address = plain.address();
    assert.ok(address !== null && typeof address === 'object');
    const result = await sendTo(`https://127.0.0.1:${address.port}`);
    plain.close();
    assert.equal(summary(result), 'never-left tls');
    assert.equal(server.requests.length, 0);
  });

  test('a reset inside the TLS handshake never left', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.resetAndDestroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    const result = await sendTo(`https://127.0.0.1:${address.port}`);
    server.close();
    assert.equal(summary(result), 'never-left tls');
  });

  test('a handshake that never ends is a connect timeout', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    const result = await sendTo(`https://127.0.0.1:${address.port}`, { connectMs: 100 });
    for (const socket of sockets) socket.destroy();
    server.close();
    assert.equal(summary(result), 'never-left connect-timeout');
  });

  test('a connection that never comes is a connect timeout', async () => {
    const result = await sendTo('http://127.0.0.1:9', { connectMs: 50, connector: blackhole });
    assert.equal(summary(result), 'never-left connect-timeout');
  });

  test('the call may time out while it connects, and then nothing is ever written', async () => {
    await using server = await startRawServer(write(httpAnswer(200)));
    let open = () => {};
    const late: buildConnector.connector = (options, callback) => {
      open = () => buildConnector({ timeout: 0 })(options, callback);
    };
    const client = makeHttpClient({ baseUrl: server.url, connector: late });
    const result = await client.send({ ...POST, timeoutMs: 50 });
    assert.equal(summary(result), 'never-left connect-timeout');
    open();
    await eventually(() => assert.equal(server.connections(), 1), { timeoutMs: 2_000 });
    // A second request over that late connection shows that the first is not sent ahead of it.
    const second = await client.send({ ...POST, path: '/second' });
    assert.equal(summary(second), 'response 200');
    assert.deepEqual(
      server.requests.map(({ path }) => path),
      ['/second'],
    );
    await client.close();
  });

  test('a reset on a reused connection is lost, and the request is not sent again', async () => {
    let count = 0;
    await using server = await startRawServer((socket) => {
      count += 1;
      if (count === 1) socket.write(httpAnswer(200, 'one'));
      else reset(socket);
    });
    const client = makeHttpClient({ baseUrl: server.url, maxSockets: 1 });
    assert.equal(summary(await client.send(POST)), 'response 200 one');
    assert.equal(summary(await client.send(POST)), 'lost reset');
    assert.equal(server.connections(), 1);
    assert.equal(server.requests.length, 2);
    await client.close();
  });

  test('a GET is not sent again either', async () => {
    await using server = await startRawServer(reset);
    const client = makeHttpClient({ baseUrl: server.url });
    const get = { method: 'GET', path: '/s', headers: {}, timeoutMs: 2_000 } as const;
    assert.equal(summary(await client.send(get)), 'lost reset');
    assert.equal(server.requests.length, 1);
    await client.close();
  });

  test('a redirect is an answer, and its target is never asked', async () => {
    await using server = await startRawServer(write(httpAnswer(307, '', { location: '/other' })));
    assert.equal(summary(await sendTo(server.url)), 'response 307');
    assert.equal(server.requests.length, 1);
  });
});

const blackhole: buildConnector.connector = (_options, callback) =>
  // A socket as undici's connector returns it: given up by destroying it.
  ({ destroy: (error: Error) => callback(error, null) }) as unknown as undefined;
