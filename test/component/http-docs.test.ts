import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { send, startHttp } from '../support/http-harness.ts';

test('the API description is public, 3.1, and tells retention and idempotency', async () => {
  await using http = await startHttp();
  const { status, json, headers } = await send(`${http.url}/openapi.json`);
  assert.equal(status, 200);
  assert.match(headers.get('content-type') ?? '', /^application\/json/);
  assert.match(json.openapi, /^3\.1\./);
  assert.deepEqual(Object.keys(json.paths).sort(), [
    '/callbacks/airtel',
    '/callbacks/mtn/{token}',
    '/v1/pay',
    '/v1/payments',
    '/v1/payments/{id}',
    '/v1/payments/{id}/timeline',
    '/v1/providers',
  ]);
  const { post } = json.paths['/v1/pay'];
  assert.match(post.description, /30 days/);
  assert.deepEqual(post.security, [{ apiKey: ['payments:write'] }]);
  assert.equal(json.components.securitySchemes.apiKey.scheme, 'bearer');
  const header = post.parameters.find(({ name }: { name: string }) => name === 'Idempotency-Key');
  assert.equal(header.required, true);
  const { PayRequest } = json.components.schemas;
  assert.equal(PayRequest.additionalProperties, false);
  assert.deepEqual(PayRequest.required, ['amount', 'currency', 'payer']);
});

test('every pattern in the description is one that a validator can compile', async () => {
  await using http = await startHttp();
  const { text } = await send(`${http.url}/openapi.json`);
  const patterns = [...text.matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)];
  assert.ok(patterns.length > 5);
  for (const [, pattern = '""'] of patterns) assert.ok(new RegExp(JSON.parse(pattern), 'u'));
});

test('the docs page and its files come from here, and its policy allows no more', async () => {
  await using http = await startHttp();
  const page = await send(`${http.url}/docs`);
  assert.equal(page.status, 200);
  const policy = page.headers.get('content-security-policy') ?? '';
  assert.match(policy, /script-src 'self'(;|$)/);
  assert.doesNotMatch(policy, /script-src[^;]*unsafe|https:|\*/);
  for (const [, style = ''] of page.text.matchAll(/<style>([\s\S]*?)<\/style>/g)) {
    assert.ok(policy.includes(`'sha256-${hash('sha256', style, 'base64')}'`));
  }
  assert.doesNotMatch(page.text, /<script>|\bon\w+="|https?:\/\/(?!www\.w3\.org)/);
  const base = new URL(/<base href="([^"]+)"/.exec(page.text)?.[1] ?? '', http.url);
  const files = [...page.text.matchAll(/(?:src|href)="(\.\/[^"]+)"/g)].map(([, file]) => file);
  assert.ok(files.length >= 4);
  for (const file of files) {
    const asset = await send(new URL(file ?? '', base).href);
    assert.equal(asset.status, 200, file);
    assert.equal(asset.headers.get('x-content-type-options'), 'nosniff');
  }
  assert.equal((await send(`${http.url}/docs/`)).text, page.text);
  const init = await send(`${http.url}/docs/swagger-ui-init.js`);
  assert.match(init.text, /"swaggerUrl": "\/openapi\.json"/);
  assert.match(init.headers.get('content-type') ?? '', /javascript/);
});

test('nothing else of the package is served', async () => {
  await using http = await startHttp();
  for (const file of ['package.json', 'swagger-ui.js.map', 'index.html', '..%2fpackage.json']) {
    assert.equal((await send(`${http.url}/docs/${file}`)).status, 404, file);
  }
});
