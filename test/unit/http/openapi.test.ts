import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { FAILURE_CODES, PAYMENT_STATUSES } from '../../../src/domain/payment.ts';
import { CATALOGUE, PAY_BODY } from '../../support/http-harness.ts';
import { type ApiDocument, resolveReference } from '../../support/openapi.ts';
import { makeDocument } from './document.ts';

interface Media {
  schema: object;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

const SEED = { TransactionID: 'TXN-ID-022-1', Amount: 20, Currency: 'ZAR', ProviderKey: 'AIRTEL' };

function documentOf(options?: { seedDialect: boolean }) {
  // biome-ignore lint/suspicious/noExplicitAny: the tests look into a document of any shape.
  return makeDocument(CATALOGUE, options) as any;
}

function validatorOf(document: ApiDocument, schema: object) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  return ajv.compile({ ...schema, components: document.components });
}

/** What the description has against a request; empty when it admits it. */
function judge(options?: { seedDialect: boolean }): (request: object) => string {
  const document = documentOf(options);
  const { content } = document.paths['/v1/pay'].post.requestBody;
  const validate = validatorOf(document, content['application/json'].schema);
  return (request) => (validate(request) ? '' : JSON.stringify(validate.errors));
}

test('every example is an answer that its own description admits', () => {
  const document = documentOf();
  let checked = 0;
  const check = ({ schema, example, examples = {} }: Media, where: string) => {
    const values = Object.values(examples).map(({ value }) => value);
    for (const value of example === undefined ? values : [example, ...values]) {
      const validate = validatorOf(document, schema);
      assert.ok(validate(value), `${where}: ${JSON.stringify(validate.errors)}`);
      checked += 1;
    }
  };
  for (const [path, item] of Object.entries<Record<string, object>>(document.paths)) {
    for (const operation of Object.values(item)) {
      for (const reference of Object.values((operation as { responses: object }).responses)) {
        const answer = resolveReference<{ content: Record<string, Media> }>(document, reference);
        for (const media of Object.values(answer.content)) check(media, path);
      }
    }
  }
  assert.ok(checked > 20, `${checked}`);
});

test('the request is described as strictly as it is read', () => {
  const objections = judge();
  const none = { provider: null, reference: null, description: null, metadata: null };
  for (const changes of [{}, none, { amount: '0.01' }, { amount: '20' }]) {
    assert.equal(objections({ ...PAY_BODY, ...changes }), '');
  }
  const bad: object[] = [
    ...[{ amount: '-1.00' }, { amount: '0' }, { amount: '0.00' }, { amount: '1.0000' }],
    ...[{ amount: 20 }, { currency: 'USD' }, { provider: 'TIGO' }, { provider: 'mtn' }],
    ...[{ metadata: { ['k'.repeat(41)]: 'v' } }, { metadata: { constructor: 'v' } }, { more: 1 }],
  ];
  for (const changes of bad) {
    assert.notEqual(objections({ ...PAY_BODY, ...changes }), '', JSON.stringify(changes));
  }
});

test("the seed's request is described where it is taken, and nowhere else", () => {
  assert.notEqual(judge()(SEED), '');
  const objections = judge({ seedDialect: true });
  assert.equal(objections(SEED), '');
  assert.equal(objections(PAY_BODY), '');
  assert.notEqual(objections({ ...SEED, ProviderKey: 'TIGO' }), '');
  const { post } = documentOf({ seedDialect: true }).paths['/v1/pay'];
  assert.equal(post.parameters[0].required, false);
  assert.equal(post.requestBody.content['application/json'].schema.oneOf.length, 2);
});

test('every status and every failure code has its meaning, and every amount its limit', () => {
  const { Payment, Failure, PayRequest } = documentOf().components.schemas;
  for (const status of PAYMENT_STATUSES) {
    assert.ok(Payment.properties.status.description.includes(`\`${status}\`: `), status);
  }
  for (const code of FAILURE_CODES) {
    assert.ok(Failure.properties.code.description.includes(`\`${code}\`: `), code);
  }
  assert.match(PayRequest.properties.amount.description, /MTN \(ZM\): at most 10000\.00 ZMW/);
  assert.match(PayRequest.properties.amount.description, /90071992547409\.91 ZAR/);
  assert.match(PayRequest.description, /8,192 bytes/);
});

test('405 is described, with the methods that would have been served', () => {
  const { MethodNotAllowed } = documentOf().components.responses;
  assert.ok(MethodNotAllowed.headers.Allow);
});
