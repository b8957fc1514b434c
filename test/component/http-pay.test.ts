import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeAnswerRenderer } from '../../src/adapters/http/answers.ts';
import { type ErrorCode, GatewayError } from '../../src/domain/errors.ts';
import {
  KEYS,
  PAY_BODY,
  pay,
  paymentOf,
  recordingGateway,
  send,
  startHttp,
} from '../support/http-harness.ts';
import { assertMatchesApi } from '../support/openapi.ts';

const renderer = makeAnswerRenderer();

test('an accepted payment is 202 with Location, and the command says what was asked', async () => {
  const { commands, gateway } = recordingGateway();
  await using http = await startHttp({ gateway });
  const reply = await pay(http.url, PAY_BODY, { idempotencyKey: '"order 17"'.replace(' ', '-') });
  assert.equal(reply.status, 202, reply.text);
  assert.equal(reply.headers.get('location'), `/v1/payments/${reply.json.id}`);
  assert.equal(reply.headers.get('cache-control'), 'no-store');
  assert.equal(reply.headers.get('idempotent-replayed'), null);
  assertMatchesApi(http.app.document, 'POST', '/v1/pay', 202, reply.headers, reply.text);
  const [command] = commands;
  assert.equal(command?.idempotencyKey, 'order-17');
  assert.equal(command?.merchantId, 'shop');
  assert.equal(command?.requestId, reply.headers.get('x-request-id'));
});

test('IDM-6 a replay has the same bytes, a new request id, and says that it is one', async () => {
  const { commands, gateway } = recordingGateway();
  await using http = await startHttp({ gateway });
  const first = await pay(http.url);
  const second = await pay(http.url, JSON.stringify(PAY_BODY, null, 2));
  assert.equal(second.status, 202);
  assert.equal(second.text, first.text);
  assert.equal(second.headers.get('idempotent-replayed'), 'true');
  assert.equal(second.headers.get('location'), first.headers.get('location'));
  assert.notEqual(second.headers.get('x-request-id'), first.headers.get('x-request-id'));
  assert.equal(commands[1]?.fingerprint, commands[0]?.fingerprint);
});

test('a decline is 402 with its reason and Location', async () => {
  const failure = { code: 'payer-not-allowed', providerCode: null, detail: 'Barred.' } as const;
  await using http = await startHttp({
    gateway: {
      async pay(command) {
        const payment = paymentOf(command, { status: 'FAILED', failure });
        const answer = renderer.declined(payment, command.requestId);
        return { kind: 'answer', answer, replayed: false };
      },
    },
  });
  const reply = await pay(http.url);
  assert.equal(reply.status, 402);
  assert.equal(reply.headers.get('location'), `/v1/payments/${reply.json.paymentId}`);
  assert.deepEqual(reply.json.failure, failure);
  assertMatchesApi(http.app.document, 'POST', '/v1/pay', 402, reply.headers, reply.text);
});

test('every ending of the use case has its status and its Retry-After', async () => {
  let error = new GatewayError('internal-error', '');
  await using http = await startHttp({
    gateway: {
      async pay() {
        throw error;
      },
    },
  });
  const endings: [ErrorCode, number][] = [
    ['payment-in-progress', 409],
    ['idempotency-key-reused', 422],
    ['idempotency-key-expired', 422],
    ['provider-refused', 502],
    ['provider-unreachable', 502],
    ['provider-unavailable', 503],
    ['provider-saturated', 503],
    ['overloaded', 503],
    ['store-unavailable', 503],
  ];
  for (const [code, status] of endings) {
    for (const retryAfterSeconds of [undefined, 7, 0.2]) {
      error = new GatewayError(code, 'A sentence.', { retryAfterSeconds, provider: 'AIRTEL' });
      const reply = await pay(http.url);
      assert.equal(reply.status, status);
      assert.equal(reply.json.code, code);
      assert.equal(reply.json.provider, 'AIRTEL');
      assertMatchesApi(http.app.document, 'POST', '/v1/pay', status, reply.headers, reply.text);
      const retryAfter = reply.headers.get('retry-after');
      if (retryAfterSeconds !== undefined)
        assert.equal(retryAfter, retryAfterSeconds === 7 ? '7' : '1');
      else assert.equal(retryAfter, status === 422 ? null : '1');
    }
  }
});

test('a refusal that knows the payment names it and says where it is', async () => {
  const paymentId = `pay_${'0'.repeat(31)}1`;
  let code: ErrorCode = 'internal-error';
  await using http = await startHttp({
    gateway: {
      async pay() {
        throw new GatewayError(code, 'A sentence.', { paymentId });
      },
    },
  });
  for (code of ['payment-in-progress', 'idempotency-key-reused', 'provider-refused'] as const) {
    const reply = await pay(http.url);
    assert.equal(reply.json.paymentId, paymentId);
    assert.equal(reply.headers.get('location'), `/v1/payments/${paymentId}`);
    assertMatchesApi(http.app.document, 'POST', '/v1/pay', reply.status, reply.headers, reply.text);
  }
});

test('IDM-4 null means absent, as the answers write it', async () => {
  const { commands, gateway } = recordingGateway();
  await using http = await startHttp({ gateway });
  const { amount, currency, payer } = PAY_BODY;
  const none = { provider: null, reference: null, description: null, metadata: null };
  const reply = await pay(http.url, { amount, currency, payer, ...none });
  assert.equal(reply.status, 202, reply.text);
  assert.deepEqual([reply.json.reference, reply.json.metadata], [null, null]);
  await pay(http.url, { amount, currency, payer });
  assert.equal(commands[1]?.fingerprint, commands[0]?.fingerprint);
  await pay(http.url, { amount, currency, payer, metadata: {} });
  assert.notEqual(commands[2]?.fingerprint, commands[0]?.fingerprint);
});

test('a refused field is told the rule that it broke, with its number', async () => {
  await using http = await startHttp();
  const cases: [object, string, RegExp][] = [
    [{ description: 'x'.repeat(161) }, '/description', /at most 160 characters/],
    [{ metadata: { ['k'.repeat(41)]: 'v' } }, '/metadata', /at most 40 characters in its name/],
    [{ metadata: { k: 'v'.repeat(201) } }, '/metadata/k', /at most 200 characters/],
    [{ metadata: { k: 1 } }, '/metadata/k', /must be a string/],
    [{ metadata: [] }, '/metadata', /must be an object/],
    [{ payer: '+260971234567' }, '/payer', /must be an object/],
    [{ amount: '1e3' }, '/amount', /such as 20\.00/],
  ];
  for (const [changes, pointer, rule] of cases) {
    const { json } = await pay(http.url, { ...PAY_BODY, ...changes });
    assert.equal(json.code, 'body-invalid');
    assert.equal(json.errors.length, 1, JSON.stringify(json.errors));
    assert.ok(json.errors[0].pointer.startsWith(pointer), json.errors[0].pointer);
    assert.match(json.errors[0].detail, rule);
  }
  const names = Array.from({ length: 21 }, (_, at) => [`k${at}`, 'v']);
  const many = await pay(http.url, { ...PAY_BODY, metadata: Object.fromEntries(names) });
  assert.match(many.json.errors[0].detail, /at most 20 names/);
});

test('SEC-10 a defect is a fixed sentence to the caller and a cause in the log', async () => {
  await using http = await startHttp({
    gateway: {
      async pay() {
        throw new Error('relation "payments" does not exist');
      },
    },
  });
  const reply = await pay(http.url);
  assert.equal(reply.status, 500);
  assert.equal(reply.json.code, 'internal-error');
  assert.doesNotMatch(reply.text, /relation|at .*\.ts/);
  const line = http.lines.find(({ level }) => level === 'error');
  assert.match(String(line?.error), /relation "payments"/);
  assert.equal(line?.requestId, reply.json.requestId);
});

test('IDM-1 a missing or malformed key is refused before the body is judged', async () => {
  const { commands, gateway } = recordingGateway();
  await using http = await startHttp({ gateway });
  const missing = await pay(http.url, '{', { idempotencyKey: null });
  assert.equal(missing.json.code, 'idempotency-key-missing');
  const invalid = await pay(http.url, '{', { idempotencyKey: 'two words' });
  assert.equal(invalid.json.code, 'idempotency-key-invalid');
  assert.equal(commands.length, 0);
});

test('checks come in their order, from the media type to the fields', async () => {
  await using http = await startHttp();
  const big = `{"amount":"${'9'.repeat(9_000)}"}`;
  const text = { headers: { 'content-type': 'text/plain' } };
  const cases: [number, string, Promise<{ status: number; json: { code: string } }>][] = [
    [415, 'media-type-unsupported', pay(http.url, big, { key: null, ...text })],
    [413, 'body-too-large', pay(http.url, big, { key: null })],
    [401, 'unauthenticated', pay(http.url, '{', { key: null, idempotencyKey: null })],
    [403, 'forbidden', pay(http.url, '{', { key: KEYS.readOnly, idempotencyKey: null })],
    [400, 'idempotency-key-missing', pay(http.url, '{', { idempotencyKey: null })],
    [400, 'json-invalid', pay(http.url, '{')],
    [400, 'body-invalid', pay(http.url, { ...PAY_BODY, amount: 20, provider: 'TIGO' })],
    [400, 'provider-unknown', pay(http.url, { ...PAY_BODY, provider: 'TIGO' })],
  ];
  for (const [status, code, asked] of cases) {
    const reply = await asked;
    assert.deepEqual({ status: reply.status, code: reply.json.code }, { status, code });
  }
});

test('SEC-4 every unfit field is named by its pointer, and no value is repeated', async () => {
  await using http = await startHttp();
  const body = { amount: 20.5, payer: { msisdn: '+260971234567', pin: '1234' }, 'a/b~c': 1 };
  const reply = await pay(http.url, body);
  assert.equal(reply.json.code, 'body-invalid');
  const found = reply.json.errors.map((each: { pointer: string; code: string }) => [
    ...[each.pointer, each.code],
  ]);
  assert.deepEqual(found.sort(), [
    ['/amount', 'type'],
    ['/a~1b~0c', 'unknown-field'],
    ['/currency', 'required'],
    ['/payer/pin', 'unknown-field'],
  ]);
  assert.doesNotMatch(reply.text, /1234|20\.5/);
  assertMatchesApi(http.app.document, 'POST', '/v1/pay', 400, reply.headers, reply.text);
  for (const other of ['[]', 'null', '"x"', '1', 'true']) {
    assert.equal((await pay(http.url, other)).json.code, 'body-invalid', other);
  }
});

test('SEC-4 a body with thousands of mistakes has a short answer', async () => {
  await using http = await startHttp();
  const names = Array.from({ length: 900 }, (_, at) => [`k${at}`, 1]);
  const reply = await pay(http.url, Object.fromEntries(names));
  assert.equal(reply.json.errors.length, 20);
});

test('SEC-5 only application/json in UTF-8 without an encoding is read', async () => {
  await using http = await startHttp();
  const status = async (headers: Record<string, string>) =>
    (await pay(http.url, PAY_BODY, { headers })).status;
  assert.equal(await status({ 'content-type': 'application/json; charset=utf-8' }), 202);
  assert.equal(await status({ 'content-type': 'Application/JSON;charset="UTF-8"' }), 202);
  for (const type of [
    'text/json',
    'application/json; charset=latin1',
    'application/jsonp',
    'application/x-www-form-urlencoded',
  ]) {
    assert.equal(await status({ 'content-type': type }), 415, type);
  }
  for (const encoding of ['gzip', 'br', 'gzip, identity']) {
    assert.equal(await status({ 'content-encoding': encoding }), 415, encoding);
  }
});

test('one log line and one metric per request, with the pattern and never the path', async () => {
  await using http = await startHttp();
  const reply = await pay(http.url);
  await send(`${http.url}/callbacks/mtn/SECRETTOKEN`, { method: 'PUT', body: '{}' });
  await send(`${http.url}/no/such/path/SECRETTOKEN`);
  assert.deepEqual(
    http.requests.map(({ method, route, status }) => `${method} ${route} ${status}`),
    ['POST /v1/pay 202', 'PUT /callbacks/mtn/{token} 200', 'GET unmatched 404'],
  );
  assert.equal(http.lines.length, 3);
  assert.equal(http.lines[0]?.paymentId, reply.json.id);
  assert.doesNotMatch(JSON.stringify(http.lines), /SECRETTOKEN|\+260971234567|pga_/);
});
