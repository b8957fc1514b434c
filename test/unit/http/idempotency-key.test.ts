import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  IDEMPOTENCY_HEADER_PATTERN,
  readIdempotencyKey,
} from '../../../src/adapters/http/idempotency-key.ts';

const INVALID = { code: 'idempotency-key-invalid' };
const VISIBLE = Array.from({ length: 0x7e - 0x21 + 1 }, (_, at) => String.fromCharCode(0x21 + at));

test('IDM-2 a quoted key and a bare key are the same key', () => {
  assert.equal(readIdempotencyKey('"abc"'), 'abc');
  assert.equal(readIdempotencyKey('abc'), 'abc');
  assert.equal(readIdempotencyKey('"a\\"b\\\\c"'), 'a"b\\c');
  assert.equal(readIdempotencyKey('a"b'), 'a"b');
});

test('IDM-1 no key is none', () => {
  assert.equal(readIdempotencyKey(undefined), null);
  assert.equal(readIdempotencyKey(''), null);
});

test('IDM-1 a key that is too long, empty, half quoted or sent twice is refused', () => {
  const cases = ['x'.repeat(65), '""', '"abc', 'a b', '"a"b"', 'abc, abc', '"abc", "abc"', 'é'];
  for (const header of cases) assert.throws(() => readIdempotencyKey(header), INVALID, header);
  assert.throws(() => readIdempotencyKey(['abc', 'abc']), INVALID);
  assert.equal(readIdempotencyKey('x'.repeat(64)), 'x'.repeat(64));
});

test('IDM-1 of 10,000 hostile keys each is refused or arrives exactly as it was sent', () => {
  const hostile = fc.constantFrom(
    '\r',
    '\n',
    '\0',
    '*',
    '?',
    '[',
    ']',
    '{',
    '}',
    ':',
    '"',
    '\\',
    ' ',
  );
  const part = fc.oneof(hostile, fc.constantFrom(...VISIBLE), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 70 }), (parts) => {
      const header = parts.join('');
      let key: string | null;
      try {
        key = readIdempotencyKey(header);
      } catch (error) {
        assert.equal((error as { code: string }).code, INVALID.code);
        return;
      }
      if (key === null) assert.equal(header, '');
      else if (header.startsWith('"')) assert.equal(`"${key.replace(/["\\]/g, '\\$&')}"`, header);
      else assert.equal(key, header);
      assert.match(key ?? '-', /^[\x21-\x7E]{1,64}$/);
    }),
    { numRuns: 10_000 },
  );
});

test('IDM-1 the API description admits exactly the headers that are admitted', () => {
  const described = new RegExp(IDEMPOTENCY_HEADER_PATTERN, 'u');
  const part = fc.constantFrom('a', '"', '\\', '\\"', ' ', '~', 'é', 'x'.repeat(62));
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      const header = parts.join('');
      let admitted = true;
      try {
        readIdempotencyKey(header);
      } catch {
        admitted = false;
      }
      assert.equal(described.test(header), admitted, header);
    }),
    { numRuns: 5_000 },
  );
});
