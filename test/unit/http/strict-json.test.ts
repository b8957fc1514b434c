import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseStrictJson } from '../../../src/adapters/http/strict-json.ts';

function codeOf(text: string | Buffer): string {
  try {
    parseStrictJson(Buffer.from(text));
    return 'accepted';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

test('SEC-5 a body that is not UTF-8 or not JSON is json-invalid', () => {
  const cases = ['', ' ', '{', '{"a":1,}', "{'a':1}", '{"a":NaN}', '\uFEFF{}', '{} {}', '{"a":01}'];
  for (const text of cases) assert.equal(codeOf(text), 'json-invalid', JSON.stringify(text));
  assert.equal(codeOf(Buffer.from([0x22, 0xc3, 0x28, 0x22])), 'json-invalid');
});

test('SEC-5 a repeated name is refused at any depth, however it is spelled', () => {
  for (const text of [
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '{"x":[{"b":1},{"c":1,"c":2}]}',
    '{"x":{"y":{"k":1,"m":{},"k":2}}}',
    '{"a\\"":1,"a\\"":2}',
  ]) {
    assert.equal(codeOf(text), 'json-invalid', text);
  }
});

test('the same name in different objects, and names that only look alike, are fine', () => {
  for (const text of [
    '{"a":{"a":1},"b":[{"a":1},{"a":2}]}',
    '{"a":"a","b":"\\"a\\":1,\\"a\\":2"}',
    '{"a\\\\":1,"a":2}',
    '["a","a",{"a":["b","b"]}]',
    '{"a":"\\\\","b":"}{]["}',
  ]) {
    assert.equal(codeOf(text), 'accepted', text);
  }
});

test('SEC-4 names that reach a prototype are refused at any depth', () => {
  for (const name of ['__proto__', 'constructor', 'prototype', '\\u005f_proto__']) {
    for (const text of [`{"${name}":1}`, `{"a":[{"b":{"${name}":{}}}]}`]) {
      assert.equal(codeOf(text), 'body-invalid', text);
    }
  }
  assert.equal(codeOf('{"a":"__proto__"}'), 'accepted');
});

test('SEC-5 a body nested deeper than 8 is refused, also when it is as deep as it can be', () => {
  assert.equal(codeOf('['.repeat(8) + ']'.repeat(8)), 'accepted');
  assert.equal(codeOf('['.repeat(9) + ']'.repeat(9)), 'body-invalid');
  assert.equal(codeOf('['.repeat(4_000) + ']'.repeat(4_000)), 'body-invalid');
});

test('JSON written by JSON.stringify is read as it was', () => {
  const name = fc
    .string()
    .filter((text) => !['__proto__', 'constructor', 'prototype'].includes(text));
  const leaf = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  );
  const tree = fc.dictionary(name, fc.oneof(leaf, fc.array(leaf), fc.dictionary(name, leaf)), {
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(tree, (value) => {
      const text = JSON.stringify(value);
      assert.deepEqual(parseStrictJson(Buffer.from(text)), { text, value: JSON.parse(text) });
    }),
    { numRuns: 1_000 },
  );
});
