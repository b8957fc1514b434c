import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatewayError } from '../../src/domain/errors.ts';
import type { ListPaymentsQuery, PayCommand } from '../../src/domain/gateway.ts';
import type { RawCallback } from '../../src/domain/provider.ts';
import { CATALOGUE, KEYS, pay, paymentOf, send, startHttp } from '../support/http-harness.ts';
import { assertMatchesApi } from '../support/openapi.ts';

const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });

async function withOnePayment() {
  const commands: PayCommand[] = [];
  const queries: [string, ListPaymentsQuery][] = [];
  const ofMerchant = (merchantId: string) =>
    commands.filter((command) => command.merchantId === merchantId).map((each) => paymentOf(each));
  const http = await startHttp({
    gateway: {
      async getPayment(merchantId, id) {
        return ofMerchant(merchantId).find((payment) => payment.id === id) ?? null;
      },
      async getTimeline(merchantId, id, page) {
        const isOwn = ofMerchant(merchantId).some((payment) => payment.id === id);
        if (!isOwn) return null;
        const head = { count: 101, hash: 'a'.repeat(64) };
        const links = [{ number: page.after + 1, hash: 'b'.repeat(64), facts: '[]' }];
        return { head, links, nextAfter: page.after === 0 ? page.limit : null };
      },
      async listPayments(merchantId, query) {
        queries.push([merchantId, query]);
        if (query.cursor === 'unreadable') throw new GatewayError('query-invalid', 'Bad cursor.');
        return { payments: ofMerchant(merchantId), nextCursor: 'next_1' };
      },
      async pay(command) {
        commands.push(command);
        const answer = { status: 202, body: '{}', contentType: 'application/json', paymentId: '' };
        return {
          kind: 'answer',
          answer: { ...answer, paymentId: paymentOf(command).id },
          replayed: false,
        };
      },
    },
  });
  const location = (await pay(http.url)).headers.get('location') as string;
  return { http, location, queries };
}

test('SEC-3 a payment is 200 for its merchant and 404 for every other', async () => {
  const { http, location } = await withOnePayment();
  await using _ = http;
  const own = await send(http.url + location, as(KEYS.shop));
  assert.equal(own.status, 200);
  assert.equal(own.json.payer.msisdn, '+260*****4567');
  assertMatchesApi(http.app.document, 'GET', location, 200, own.headers, own.text);
  const foreign = await send(http.url + location, as(KEYS.other));
  const never = await send(`${http.url}/v1/payments/pay_${'0'.repeat(32)}`, as(KEYS.other));
  assert.equal(foreign.status, 404);
  const shape = ({ code, detail, title, type }: Record<string, string>) => [
    code,
    detail,
    title,
    type,
  ];
  assert.deepEqual(shape(foreign.json), shape(never.json), 'and tells nothing by its words');
  assertMatchesApi(http.app.document, 'GET', location, 404, foreign.headers, foreign.text);
  const list = await send(`${http.url}/v1/payments`, as(KEYS.other));
  assert.deepEqual(list.json.data, []);
});

test('SEC-3 a timeline is 200 for its merchant, page by page, and 404 for every other', async () => {
  const { http, location } = await withOnePayment();
  await using _ = http;
  const path = `${location}/timeline`;
  const own = await send(http.url + path, as(KEYS.shop));
  assert.equal(own.status, 200);
  assert.deepEqual([own.json.count, own.json.nextAfter], [101, 100]);
  assertMatchesApi(http.app.document, 'GET', path, 200, own.headers, own.text);
  const rest = await send(`${http.url}${path}?after=100`, as(KEYS.readOnly));
  assert.deepEqual([rest.json.links[0].number, rest.json.nextAfter], [101, null]);
  for (const id of [location, '/v1/payments/pay_1', `/v1/payments/pay_${'0'.repeat(32)}`]) {
    const foreign = await send(`${http.url}${id}/timeline`, as(KEYS.other));
    assert.deepEqual([foreign.status, foreign.json.code], [404, 'not-found'], id);
  }
  for (const query of ['after=-1', 'after=1&after=2', 'after=x', 'limit=5']) {
    const wrong = await send(`${http.url}${path}?${query}`, as(KEYS.shop));
    assert.deepEqual([wrong.status, wrong.json.code], [400, 'query-invalid'], query);
  }
});

test('an id that cannot be one is 404 without asking the store', async () => {
  await using http = await startHttp({
    gateway: { getPayment: () => Promise.reject(new Error('was asked')) },
  });
  for (const id of ['pay_1', '%ZZ', '%00', `pay_${'G'.repeat(32)}`, "';--"]) {
    const reply = await send(`${http.url}/v1/payments/${id}`, as(KEYS.shop));
    assert.deepEqual([reply.status, reply.json.code], [404, 'not-found'], id);
  }
});

test('a list passes on the merchant and the query, and gives the next cursor', async () => {
  const { http, queries } = await withOnePayment();
  await using _ = http;
  const path = '/v1/payments?status=ACCEPTED&limit=5&createdAfter=2026-11-21T00:00:00Z';
  const reply = await send(http.url + path, as(KEYS.shop));
  assert.equal(reply.status, 200);
  assert.equal(reply.json.nextCursor, 'next_1');
  assert.equal(reply.json.data.length, 1);
  assertMatchesApi(http.app.document, 'GET', path, 200, reply.headers, reply.text);
  const createdAfter = new Date('2026-11-21T00:00:00Z');
  assert.deepEqual(queries, [['shop', { status: 'ACCEPTED', limit: 5, createdAfter }]]);
});

test('a bad query is query-invalid, also a cursor that only the store can judge', async () => {
  const { http } = await withOnePayment();
  await using _ = http;
  for (const query of ['limit=1&limit=2', 'nope=1', 'cursor=unreadable', 'status=%ZZ']) {
    const reply = await send(`${http.url}/v1/payments?${query}`, as(KEYS.shop));
    assert.deepEqual([reply.status, reply.json.code], [400, 'query-invalid'], query);
    assertMatchesApi(http.app.document, 'GET', '/v1/payments', 400, reply.headers, reply.text);
  }
});

test('the providers are listed with the state of each operation', async () => {
  await using http = await startHttp();
  const reply = await send(`${http.url}/v1/providers`, as(KEYS.readOnly));
  assert.equal(reply.status, 200);
  assertMatchesApi(http.app.document, 'GET', '/v1/providers', 200, reply.headers, reply.text);
  assert.deepEqual(Object.keys(reply.json.data[0]), [
    'provider',
    'market',
    'currencies',
    'operations',
  ]);
});

test('AMB-8 callbacks arrive raw, with their token, by the methods of the catalogue', async () => {
  const calls: [string, string | null, string | null, RawCallback][] = [];
  await using http = await startHttp({
    gateway: {
      async providerCallback(...call) {
        calls.push(call);
        return 'accepted';
      },
    },
    app: { providers: [...CATALOGUE, { ...CATALOGUE[1]!, name: 'TNM', market: 'MW' }] },
  });
  const body = '{"transaction": { "id":"x" } }';
  const call = (method: string, path: string) =>
    send(`${http.url}/callbacks${path}`, { method, body });
  assert.equal((await call('PUT', '/mtn/token-1')).status, 200);
  assert.equal((await call('POST', '/mtn/token-1')).status, 200);
  const heard = await call('POST', '/airtel');
  assertMatchesApi(http.app.document, 'POST', '/callbacks/airtel', 200, heard.headers, heard.text);
  assert.equal((await call('POST', '/tnm')).status, 200);
  assert.equal((await call('PUT', '/airtel')).status, 405);
  assert.equal((await call('POST', '/mtn')).status, 404);
  assert.equal((await call('POST', '/mtn/a/b')).status, 404);
  assert.deepEqual(
    calls.map(([provider, market, token, raw]) => [provider, market, token, raw.method]),
    [
      ['MTN', 'ZM', 'token-1', 'PUT'],
      ['MTN', 'ZM', 'token-1', 'POST'],
      ['AIRTEL', 'ZM', null, 'POST'],
      ['TNM', 'MW', null, 'POST'],
    ],
  );
  assert.equal(Buffer.from(calls[0]![3].body).toString(), body);
});

test('a callback that is refused, unknown or too large changes nothing and says so', async () => {
  let result: 'rejected' | 'not-found' = 'rejected';
  await using http = await startHttp({ gateway: { providerCallback: async () => result } });
  const call = (body: string) => send(`${http.url}/callbacks/airtel`, { method: 'POST', body });
  assert.deepEqual((await call('{}')).json.code, 'forbidden');
  result = 'not-found';
  assert.deepEqual((await call('{}')).json.code, 'not-found');
  const large = await call('x'.repeat(9_000));
  assert.deepEqual([large.status, large.json.code], [413, 'body-too-large']);
});
