import assert from 'node:assert/strict';
import { test } from 'node:test';
import { continueTrace } from '../../../src/adapters/http/traceparent.ts';

const REQUEST_ID = '6f9619ff-8b86-4d01-b42d-00c04fc964ff';
const OWN = '00-6f9619ff8b864d01b42d00c04fc964ff-b42d00c04fc964ff-01';

test("a caller's trace goes on under a span of our own", () => {
  const header = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00';
  const expected = '00-4bf92f3577b34da6a3ce929d0e0e4736-b42d00c04fc964ff-00';
  assert.equal(continueTrace(header, REQUEST_ID), expected);
});

test('a trace that is missing or malformed is replaced by a new one', () => {
  const zeros = `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`;
  for (const header of [undefined, '', 'x', zeros, [OWN, OWN], `${OWN}\r\nx`]) {
    assert.equal(continueTrace(header, REQUEST_ID), OWN);
  }
});
