import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type HttpClientOptions,
  makeHttpClient,
} from '../../../src/adapters/provider-http/http-client.ts';
import { eventually } from '../../support/eventually.ts';
import {
  POST,
  reset,
  sendOnce,
  sendTo,
  summary,
  TIMEOUT_MS,
  write,
} from '../../support/http-client-rig.ts';
import { httpAnswer, startRawServer } from '../../support/raw-server.ts';

describe('BRK-11 the client has limits', () => {
  const names = [
    'connectMs',
    'totalMs',
    'maxSockets',
    'maxQueued',
    'maxResponseBytes',
    'maxHeaderBytes',
    'keepAliveMs',
    'maxRedirects',
  ] as const;

  test('every limit is set without being asked for', async () => {
    const client = makeHttpClient({ baseUrl: 'http://127.0.0.1:9' });
    assert.deepEqual(Object.keys(client.limits).sort(), [...names].sort());
    assert.equal(client.limits.maxRedirects, 0);
    await client.close();
  });

  for (const name of names) {
    test(`a client without ${name} cannot be made`, () => {
      for (const value of [undefined, Number.NaN, Number.POSITIVE_INFINITY, -1]) {
        const options = { baseUrl: 'http://127.0.0.1:9', [name]: value };
        assert.throws(() => makeHttpClient(options as HttpClientOptions), RangeError);
      }
    });
  }

  test('at most maxSockets connections are open, and waiting requests never left', async () => {
    await using server = await startRawServer(() => {});
    const client = makeHttpClient({ baseUrl: server.url, maxSockets: 2, maxQueued: 2 });
    const sent = [client.send(POST), client.send(POST)];
    // The first two hold their sockets until the end, so the others can only wait.
    const waiting = [1, 2, 3].map(() => client.send({ ...POST, timeoutMs: TIMEOUT_MS }));
    const results = await Promise.all(waiting);
    assert.equal(server.connections(), 2);
    assert.equal(server.requests.length, 2);
    assert.deepEqual(results.map(summary).sort(), [
      'never-left connect-failed',
      'never-left connect-timeout',
      'never-left connect-timeout',
    ]);
    await client.close();
    assert.ok((await Promise.all(sent)).every(({ kind }) => kind === 'lost'));
  });

  test('answered and failed calls give their place back', async () => {
    let count = 0;
    await using server = await startRawServer((socket) => {
      count += 1;
      if (count % 2 === 0) reset(socket);
      else socket.write(httpAnswer(200));
    });
    const client = makeHttpClient({ baseUrl: server.url, maxSockets: 1, maxQueued: 1 });
    for (let call = 0; call < 10; call += 1) {
      const want = call % 2 === 0 ? 'response 200' : 'lost reset';
      assert.equal(summary(await client.send(POST)), want);
    }
    await client.close();
  });

  test("a call's own limit cannot exceed the client's", async () => {
    const result = await sendOnce(() => {}, { totalMs: 100 }, 60_000);
    assert.equal(summary(result), 'lost timeout');
  });

  test('a call without time is not sent', async () => {
    await using server = await startRawServer(() => {});
    for (const timeoutMs of [0, -5, Number.NaN]) {
      assert.equal(summary(await sendTo(server.url, {}, timeoutMs)), 'never-left connect-timeout');
    }
    assert.equal(server.connections(), 0);
  });

  test('one call that times out leaves its neighbours alone', async () => {
    await using server = await startRawServer((socket, { path }) => {
      if (path === '/quick') setTimeout(() => socket.write(httpAnswer(200, 'ok')), 150);
    });
    const client = makeHttpClient({ baseUrl: server.url });
    const slow = client.send({ ...POST, path: '/never', timeoutMs: 100 });
    const quick = client.send({ ...POST, path: '/quick' });
    assert.equal(summary(await slow), 'lost timeout');
    assert.equal(summary(await quick), 'response 200 ok');
    await client.close();
  });
});

describe('the client as a carrier', () => {
  test('what is sent is what was asked for, byte for byte', async () => {
    await using server = await startRawServer(write(httpAnswer(200)));
    const client = makeHttpClient({ baseUrl: `${server.url}/mtn/` });
    const body = '{"amount":20.50,"é":"\\u0000"}';
    await client.send({ ...POST, headers: { 'X-Ref': 'a-1', 'content-type': 'a/b' }, body });
    const [request] = server.requests;
    assert.equal(request?.method, 'POST');
    assert.equal(request?.path, '/mtn/pay');
    assert.equal(request?.headers['x-ref'], 'a-1');
    assert.equal(request?.headers['content-type'], 'a/b');
    assert.equal(Buffer.from(request?.body ?? '', 'latin1').toString('utf8'), body);
    await client.close();
  });

  test('a POST without a body has length 0 and no type', async () => {
    await using server = await startRawServer(write(httpAnswer(200)));
    const client = makeHttpClient({ baseUrl: server.url });
    const { body: _, ...empty } = POST;
    await client.send(empty);
    const [request] = server.requests;
    assert.equal(request?.headers['content-length'], '0');
    assert.equal(request?.headers['content-type'], undefined);
    await client.close();
  });

  test('headers come back in lower case, as plain text', async () => {
    const result = await sendOnce(write(httpAnswer(429, '', { 'Retry-After': '7' })));
    assert.equal(result.kind === 'response' && result.headers['retry-after'], '7');
  });

  test('close aborts what is under way, and later calls never leave', async () => {
    await using server = await startRawServer(() => {});
    const client = makeHttpClient({ baseUrl: server.url });
    const pending = client.send(POST);
    await eventually(() => assert.equal(server.requests.length, 1), { timeoutMs: 2_000 });
    await client.close();
    assert.equal((await pending).kind, 'lost');
    assert.equal(summary(await client.send(POST)), 'never-left connect-failed');
  });

  test('a header that cannot be sent is a value, not a throw', async () => {
    await using server = await startRawServer(write(httpAnswer(200)));
    const client = makeHttpClient({ baseUrl: server.url });
    const result = await client.send({ ...POST, headers: { 'x-a': 'b\r\nx-evil: 1' } });
    assert.equal(server.requests[0]?.headers['x-evil'], undefined);
    assert.ok(['response', 'never-left', 'lost'].includes(result.kind));
    await client.close();
  });
});
