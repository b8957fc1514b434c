import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SERVER_LIMITS } from '../../src/adapters/http/settings.ts';
import type { PayCommand } from '../../src/domain/gateway.ts';
import { eventually } from '../support/eventually.ts';
import { KEYS, PAY_BODY, pay, send, startHttp } from '../support/http-harness.ts';
import { assertMatchesApi } from '../support/openapi.ts';
import { exchangeRaw, openRaw, parseAnswer } from '../support/raw-http.ts';

const BODY = JSON.stringify(PAY_BODY);
const SHORT = { headersTimeoutMs: 300, requestTimeoutMs: 500, connectionsCheckingIntervalMs: 50 };

/** A whole request to pay; `extra` are more header lines. */
function rawPay(body = BODY, extra: string[] = ['Connection: close']): string {
  return [
    'POST /v1/pay HTTP/1.1',
    'Host: localhost',
    `Authorization: Bearer ${KEYS.shop}`,
    'Idempotency-Key: raw-1',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...extra,
    '',
    body,
  ].join('\r\n');
}

test("SEC-6 BRK-14 the server has every limit and outlasts the balancer's idle time", async () => {
  await using http = await startHttp();
  const { server } = http;
  assert.equal(server.headersTimeout, 10_000);
  assert.equal(server.requestTimeout, 15_000);
  assert.equal(server.keepAliveTimeout, 65_000);
  assert.equal(server.maxRequestsPerSocket, SERVER_LIMITS.maxRequestsPerSocket);
  assert.equal(server.maxConnections, SERVER_LIMITS.maxConnections);
  assert.ok(SERVER_LIMITS.connectionsCheckingIntervalMs <= 1_000);
  assert.equal(SERVER_LIMITS.maxHeaderBytes, 16_384);
});

test('what the HTTP parser refuses has the same shape, then the connection closes', async () => {
  await using http = await startHttp();
  const cases: [string, number, string][] = [
    ['NONSENSE\r\n\r\n', 400, 'http-invalid'],
    ['GET / HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n', 400, 'http-invalid'],
    ['GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n', 400, 'http-invalid'],
    ['GET / HTTP/9.9\r\nHost: x\r\n\r\n', 400, 'http-invalid'],
    [rawPay(BODY, ['Transfer-Encoding: chunked']), 400, 'http-invalid'],
    [rawPay(BODY, ['Content-Length: 1']), 400, 'http-invalid'],
    [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, 431, 'headers-too-large'],
  ];
  for (const [text, status, code] of cases) {
    const answer = parseAnswer(await exchangeRaw(http.port, text));
    assert.equal(answer.status, status, text.slice(0, 40));
    const body = JSON.parse(answer.body);
    assert.deepEqual([body.code, body.status, body.retry], [code, status, 'never']);
    assert.equal(answer.headers['x-request-id'], body.requestId);
    assert.equal(answer.headers.connection, 'close');
    assertMatchesApi(http.app.document, 'POST', '/v1/pay', status, answer.headers, answer.body);
  }
});

test('SEC-6 a connection ends after its last request without a bare 503', async () => {
  await using http = await startHttp({ limits: { maxRequestsPerSocket: 2 } });
  const ask = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n';
  const text = await exchangeRaw(http.port, ask + ask + ask);
  assert.deepEqual(text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 200']);
});

test('a request without a Host header is http-invalid', async () => {
  await using http = await startHttp();
  const text = 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n';
  const answer = parseAnswer(await exchangeRaw(http.port, text));
  assert.deepEqual([answer.status, JSON.parse(answer.body).code], [400, 'http-invalid']);
});

test('SEC-14 TRACE is refused on every path', async () => {
  await using http = await startHttp();
  for (const path of ['/', '/v1/pay', '/nope']) {
    const text = `TRACE ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
    const answer = parseAnswer(await exchangeRaw(http.port, text));
    assert.equal(answer.status, 405, path);
    assert.ok(answer.headers.allow !== undefined);
  }
});

test('SEC-6 slow senders are closed with 408 while a good caller is served', async () => {
  await using http = await startHttp({ limits: SHORT });
  const starts = ['', 'POST /v1/pay HTTP/1.1\r\nHost:', rawPay(BODY, []).slice(0, -10)];
  const slow = await Promise.all(
    Array.from({ length: 60 }, async (_, at) => {
      const raw = await openRaw(http.port);
      raw.socket.write(starts[at % 3] ?? '');
      return { raw, start: at % 3 };
    }),
  );
  const good = [];
  for (let count = 0; count < 10; count += 1) good.push((await pay(http.url)).status);
  assert.deepEqual(new Set(good), new Set([202]));
  for (const { raw, start } of slow) {
    const text = await raw.closed;
    if (start === 0 && text === '') continue;
    const answer = parseAnswer(text);
    const { code, retry } = JSON.parse(answer.body);
    assert.deepEqual([answer.status, code, retry], [408, 'request-timeout', 'same-key']);
  }
});

test('a slow body takes no place of the callers at work', async () => {
  await using http = await startHttp({ settings: { maxInFlight: 5 }, limits: SHORT });
  const text = 'POST /callbacks/airtel HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{';
  const slow = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const raw = await openRaw(http.port);
      raw.socket.write(text);
      return raw;
    }),
  );
  assert.equal((await pay(http.url)).status, 202);
  for (const { closed } of slow) assert.equal(parseAnswer(await closed).status, 408);
});

test('a body that never comes is logged and counted once, as the 408 that it was', async () => {
  await using http = await startHttp({ limits: SHORT });
  const raw = await openRaw(http.port);
  raw.socket.write(rawPay(BODY, []).slice(0, -10));
  const answer = parseAnswer(await raw.closed);
  assert.equal(answer.status, 408);
  const [line] = await eventually(async () => {
    const found = http.lines.filter(({ message }) => message === 'request');
    assert.equal(found.length, 1);
    return found;
  });
  assert.deepEqual(
    [line?.status, line?.code, line?.route, line?.requestId],
    [408, 'request-timeout', '/v1/pay', answer.headers['x-request-id']],
  );
  assert.deepEqual(http.requests, [{ method: 'POST', route: '/v1/pay', status: 408 }]);
});

test('SEC-5 two Content-Type headers are refused, equal or not', async () => {
  await using http = await startHttp();
  for (const type of ['application/json', 'text/plain']) {
    const text = rawPay(BODY, [`content-type: ${type}`, 'Connection: close']);
    const answer = parseAnswer(await exchangeRaw(http.port, text));
    assert.deepEqual(
      [answer.status, JSON.parse(answer.body).code],
      [415, 'media-type-unsupported'],
    );
  }
});

test('IDM-1 two Idempotency-Key headers are refused, equal or not', async () => {
  await using http = await startHttp();
  for (const second of ['raw-1', '"raw-1"', 'other']) {
    const text = rawPay(BODY, [`idempotency-key: ${second}`, 'Connection: close']);
    const answer = parseAnswer(await exchangeRaw(http.port, text));
    assert.deepEqual(
      [answer.status, JSON.parse(answer.body).code],
      [400, 'idempotency-key-invalid'],
    );
  }
});

test('SEC-5 the body ends at 8,192 bytes, declared or not', async () => {
  const bodies: number[] = [];
  await using http = await startHttp();
  const padded = (bytes: number) => BODY.replace('{', `{${' '.repeat(bytes - BODY.length)}`);
  assert.equal((await pay(http.url, padded(8_192))).status, 202);
  for (const bytes of [8_193, 9_000, 500_000]) {
    const declared = await pay(http.url, padded(bytes));
    assert.deepEqual([declared.status, declared.json.code], [413, 'body-too-large']);
    bodies.push(bytes);
  }
  const chunk = padded(9_000);
  const chunked = rawPay('', ['Transfer-Encoding: chunked', 'Connection: close'])
    .replace('Content-Length: 0\r\n', '')
    .concat(`${chunk.length.toString(16)}\r\n${chunk}\r\n0\r\n\r\n`);
  const answer = parseAnswer(await exchangeRaw(http.port, chunked));
  assert.deepEqual([answer.status, JSON.parse(answer.body).code], [413, 'body-too-large']);
});

test('a body that is declared too large is refused before it is sent', async () => {
  await using http = await startHttp();
  const raw = await openRaw(http.port);
  const head = rawPay('', ['Expect: 100-continue']).replace(
    'Content-Length: 0',
    'Content-Length: 9000000',
  );
  raw.socket.write(head);
  const answer = parseAnswer(await raw.closed);
  assert.equal(answer.status, 413);
  assert.doesNotMatch(raw.received(), /100 Continue/);
});

test('Expect: 100-continue is answered, and other expectations are ignored', async () => {
  await using http = await startHttp();
  const text = rawPay(BODY, ['Expect: 100-continue', 'Connection: close']);
  const received = await exchangeRaw(http.port, text);
  assert.match(received, /^HTTP\/1\.1 100 Continue/);
  assert.equal(parseAnswer(received).status, 202);
  const other = await exchangeRaw(http.port, rawPay(BODY, ['Expect: tea', 'Connection: close']));
  assert.equal(parseAnswer(other).status, 202);
});

test('a chunked body is read like any other, in however many pieces it comes', async () => {
  const commands: PayCommand[] = [];
  await using http = await startHttp({
    gateway: {
      async pay(command) {
        commands.push(command);
        const answer = { status: 202, body: '{}', contentType: 'application/json', paymentId: 'p' };
        return { kind: 'answer', answer, replayed: false };
      },
    },
  });
  const raw = await openRaw(http.port);
  raw.socket.setNoDelay(true);
  const head = rawPay('', ['Transfer-Encoding: chunked', 'Connection: close']);
  raw.socket.write(head.replace('Content-Length: 0\r\n', ''));
  for (const byte of BODY) raw.socket.write(`1\r\n${byte}\r\n`);
  raw.socket.write('0\r\n\r\n');
  assert.equal(parseAnswer(await raw.closed).status, 202);
  await pay(http.url, PAY_BODY, { idempotencyKey: 'raw-1' });
  assert.equal(commands[0]?.fingerprint, commands[1]?.fingerprint);
});

test('a caller who hangs up does not stop the payment, and is counted once', async () => {
  const { promise: proceed, resolve: finish } = Promise.withResolvers<void>();
  let finished = 0;
  await using http = await startHttp({
    gateway: {
      async pay() {
        await proceed;
        finished += 1;
        const answer = { status: 202, body: '{}', contentType: 'application/json', paymentId: 'p' };
        return { kind: 'answer', answer, replayed: false };
      },
    },
  });
  const raw = await openRaw(http.port);
  raw.socket.write(rawPay());
  await eventually(() => assert.equal(http.server.listening, true));
  await send(`${http.url}/healthz`);
  raw.socket.destroy();
  await eventually(() => assert.equal(http.requests.length, 2));
  finish();
  await eventually(() => assert.equal(finished, 1));
});

test('a bad request behind a good one does not spoil its answer', async () => {
  const { promise: proceed, resolve: finish } = Promise.withResolvers<void>();
  await using http = await startHttp({
    gateway: {
      async pay() {
        await proceed;
        const answer = { status: 202, body: '{}', contentType: 'application/json', paymentId: 'p' };
        return { kind: 'answer', answer, replayed: false };
      },
    },
  });
  const raw = await openRaw(http.port);
  raw.socket.write(`${rawPay(BODY, [])}NONSENSE\r\n\r\n`);
  await send(`${http.url}/healthz`);
  finish();
  const text = await raw.closed;
  assert.equal(text.match(/HTTP\/1\.1/g)?.length, 1);
  assert.equal(parseAnswer(text).status, 202);
});

test('SEC-4 a fuzz of bodies never makes a 5xx', async () => {
  await using http = await startHttp();
  const deep = `${'{"a":'.repeat(1_300)}1${'}'.repeat(1_300)}`;
  const bodies = [deep, '[', '"', '{"amount":"1"', '\0', '{"__proto__":{"amount":"1"}}', '{"":""}'];
  const cut = Array.from({ length: 41 }, (_, at) => BODY.slice(0, at * 4));
  for (const body of [...bodies, ...cut]) {
    const { status } = await pay(http.url, body);
    assert.equal(status, 400, body.slice(0, 40));
  }
});
