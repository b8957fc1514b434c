import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAY_BODY, pay, recordingGateway, send, startHttp } from '../support/http-harness.ts';

const SEED_BODY =
  '{"TransactionID":"TXN-ID-022-1", "Amount":20.00, "Currency":"ZAR", "ProviderKey":"AIRTEL"}';

test("the seed's own request is a payment like any other", async () => {
  const { commands, gateway } = recordingGateway();
  await using http = await startHttp({
    gateway,
    settings: { seedDialect: true, demoMerchantId: 'demo' },
  });
  const headers = { 'content-type': 'application/json' };
  const reply = await send(`${http.url}/v1/pay`, { method: 'POST', headers, body: SEED_BODY });
  assert.equal(reply.status, 202, reply.text);
  assert.deepEqual([reply.json.amount, reply.json.currency], ['20.00', 'ZAR']);
  const [command] = commands;
  assert.deepEqual(
    [command?.merchantId, command?.idempotencyKey, command?.msisdn, command?.amountMinor],
    ['demo', 'TXN-ID-022-1', '+260977000022', 2000n],
  );
  assert.equal((await pay(http.url, PAY_BODY)).status, 202, 'ours is served beside it');
});

test("the seed's amount is read as decimal text, and its mistakes have our codes", async () => {
  const { commands, gateway } = recordingGateway();
  await using http = await startHttp({ gateway, settings: { seedDialect: true } });
  const seed = (changes: string) =>
    pay(http.url, SEED_BODY.replace('"Amount":20.00', changes), { idempotencyKey: null });
  assert.equal((await seed('"Amount":90071992547409.91')).status, 202);
  assert.equal(commands[0]?.amountMinor, 9007199254740991n);
  assert.equal((await seed('"Amount":20.001')).json.code, 'amount-precision');
  assert.equal((await seed('"Amount":2e1')).json.code, 'body-invalid');
  assert.equal((await seed('"Amount":-1')).json.code, 'amount-out-of-range');
  assert.equal((await seed('"Amount":20,"Extra":1')).json.code, 'body-invalid');
  const other = await pay(http.url, SEED_BODY.replace('AIRTEL', 'TIGO'), { idempotencyKey: null });
  assert.equal(other.json.code, 'provider-unknown');
  const key = await pay(http.url, SEED_BODY.replace('TXN-ID', 'TXN ID'), { idempotencyKey: null });
  assert.equal(key.json.code, 'idempotency-key-invalid');
  const noKey = await pay(http.url, PAY_BODY, { idempotencyKey: null });
  assert.equal(noKey.json.code, 'idempotency-key-missing');
});

test("the seed's mistakes are named by the seed's own fields", async () => {
  await using http = await startHttp({ settings: { seedDialect: true } });
  const cases: [from: string, to: string, code: string, pointer: string][] = [
    ['20.00', '0', 'amount-out-of-range', '/Amount'],
    ['20.00', '20.001', 'amount-precision', '/Amount'],
    ['ZAR', 'EUR', 'currency-not-supported', '/Currency'],
    ['AIRTEL', 'TIGO', 'provider-unknown', '/ProviderKey'],
    ['TXN-ID', 'TXN ID', 'idempotency-key-invalid', '/TransactionID'],
  ];
  for (const [from, to, code, pointer] of cases) {
    const { json } = await pay(http.url, SEED_BODY.replace(from, to), { idempotencyKey: null });
    assert.deepEqual([json.code, json.errors[0].pointer], [code, pointer]);
    assert.ok(json.detail.startsWith(`The ${pointer.slice(1)} must `), json.detail);
    assert.doesNotMatch(json.detail, /Idempotency-Key/);
  }
});

test("a header that differs from the seed's own key is refused, an equal one is not", async () => {
  await using http = await startHttp({ settings: { seedDialect: true } });
  const other = await pay(http.url, SEED_BODY, { idempotencyKey: 'another' });
  assert.equal(other.json.code, 'idempotency-key-invalid');
  assert.match(other.json.detail, /TransactionID.*differs from the Idempotency-Key header/);
  const same = await pay(http.url, SEED_BODY, { idempotencyKey: '"TXN-ID-022-1"' });
  assert.equal(same.status, 202, same.text);
});

test("without the setting the seed's request is an unfit body", async () => {
  await using http = await startHttp();
  assert.equal((await pay(http.url, SEED_BODY)).json.code, 'body-invalid');
});
