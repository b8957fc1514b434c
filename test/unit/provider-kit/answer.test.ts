import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FAILURE_CODES } from '../../../src/domain/payment.ts';
import {
  asObject,
  isMarkup,
  type ProviderAnswer,
  property,
  readCode,
  readObject,
  readRetryAfterSeconds,
} from '../../../src/domain/provider-kit/answer.ts';
import {
  authRow,
  type ChargeRow,
  classifyCharge,
  failureOf,
  isRedirect,
  onHttp,
} from '../../../src/domain/provider-kit/outcome-table.ts';

const answerAs = (changes: Partial<ProviderAnswer> = {}): ProviderAnswer => ({
  ...{ status: 200, headers: {}, body: '', json: undefined, providerCode: null, ...changes },
});

describe('what a provider answered', () => {
  it('is an object or nothing', () => {
    assert.deepEqual(readObject('{"a":1}'), { a: 1 });
    for (const body of ['', '[{"a":1}]', 'null', '7', '"text"', '{"a":', 'text']) {
      assert.equal(readObject(body), undefined, body);
    }
    assert.equal(asObject(undefined), undefined);
  });

  it('has no property that every object inherits', () => {
    assert.equal(property({ a: 1 }, 'a'), 1);
    assert.equal(property({ a: 1 }, 'toString'), undefined);
    assert.equal(property(undefined, 'a'), undefined);
  });

  it('has a code when it is a short word, or a number', () => {
    for (const code of ['A', 'a.b-c_9', 'x'.repeat(64)]) assert.equal(readCode(code), code);
    assert.equal(readCode(42), '42');
    for (const value of [
      '',
      'a b',
      'a\n',
      '\na',
      'x'.repeat(65),
      '+2',
      true,
      null,
      undefined,
      {},
      ['A'],
    ]) {
      assert.equal(readCode(value), null, String(value));
    }
  });

  it('is a page when it begins like one', () => {
    for (const body of ['<html>', ' \n<!doctype html>', '<']) assert.ok(isMarkup(body), body);
    for (const body of ['', 'text <b>', '{"a":"<"}']) assert.ok(!isMarkup(body), body);
  });

  it('asks for a pause of whole seconds, at least one and at most an hour', () => {
    const pause = (text?: string) =>
      readRetryAfterSeconds(text === undefined ? {} : { 'retry-after': text });
    assert.deepEqual(['1', '30', '3600', '999999999'].map(pause), [1, 30, 3_600, 3_600]);
    assert.equal(pause('0'), 1);
    const none = [undefined, '', '-1', '1.5', 'soon', ' 5', '5 ', '1234567890', 'a5', '5a'];
    for (const text of none) assert.equal(pause(text), undefined, text);
  });
});

describe('a table of answers', () => {
  const row = (changes: Partial<ChargeRow<ProviderAnswer>>): ChargeRow<ProviderAnswer> => ({
    ...{ ...onHttp(200), outcome: 'unknown', failure: true, source: 's', confidence: 'official' },
    ...changes,
  });
  const one = (changes: Partial<ChargeRow<ProviderAnswer>>, answer = answerAs()) =>
    classifyCharge([row(changes)], answer);

  it('is read from the top, and what no row names is unknown', () => {
    const rows = [row({ ...onHttp(400) }), row({ outcome: 'accepted' }), row({ reason: 'late' })];
    const accepted = { kind: 'accepted', failure: false, duplicate: false };
    assert.deepEqual(classifyCharge(rows, answerAs()), accepted);
    const unknown = { kind: 'unknown', failure: true, reason: 'http-500' };
    assert.deepEqual(classifyCharge(rows, answerAs({ status: 500 })), unknown);
    assert.deepEqual(classifyCharge([], answerAs({ status: 500 })), unknown);
  });

  it('says a duplicate, a decline and a refusal each in its own way', () => {
    assert.deepEqual(one({ outcome: 'duplicate' }), {
      ...{ kind: 'accepted', failure: false, duplicate: true },
    });
    const why = failureOf('limit-exceeded', 'X');
    assert.deepEqual(
      one({ outcome: 'declined', failureCode: 'limit-exceeded' }, answerAs({ providerCode: 'X' })),
      { kind: 'declined', failure: false, why },
    );
    assert.deepEqual(one({ outcome: 'declined' }), {
      ...{ kind: 'declined', failure: false, why: failureOf('provider-error', null) },
    });
    for (const failure of [true, false]) {
      assert.deepEqual(one({ outcome: 'refused', failure }, answerAs({ providerCode: 'X' })), {
        ...{ kind: 'not_taken', failure, cause: 'refused', reason: 'http-200', providerCode: 'X' },
      });
    }
  });

  it('hands on the reason of its row, and the pause that a refusal asks for', () => {
    const headers = { 'retry-after': '30' };
    assert.deepEqual(one({ outcome: 'refused', reason: 'busy' }, answerAs({ headers })), {
      ...{ kind: 'not_taken', failure: true, cause: 'refused', reason: 'busy' },
      ...{ providerCode: null, retryAfterSeconds: 30 },
    });
    assert.deepEqual(one({ reason: 'late' }, answerAs({ headers })), {
      ...{ kind: 'unknown', failure: true, reason: 'late' },
    });
  });

  it('takes 300 to 399 for a redirect', () => {
    const redirects = [299, 300, 399, 400].map((status) => isRedirect(answerAs({ status })));
    assert.deepEqual(redirects, [false, true, true, false]);
  });

  it('takes 401 and 403 for refused credentials, and no page for it', () => {
    const { match, outcome, failure } = authRow({ source: 's', confidence: 'official' });
    assert.deepEqual([outcome, failure], ['refused', true]);
    const statuses = [400, 401, 402, 403, 404];
    const of = (body: string) => statuses.filter((status) => match(answerAs({ status, body })));
    assert.deepEqual([of('{}'), of('<html>')], [[401, 403], []]);
  });

  it('has one sentence of its own for each failure', () => {
    const sentences = FAILURE_CODES.map((code) => failureOf(code, null).detail);
    assert.equal(new Set(sentences).size, FAILURE_CODES.length);
    for (const sentence of sentences) assert.match(sentence, /^[A-Z][^.]{20,}\.$/);
    assert.deepEqual(failureOf('cancelled', 'C'), {
      ...{ code: 'cancelled', providerCode: 'C', detail: 'The payment was cancelled.' },
    });
  });
});
