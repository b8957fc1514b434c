import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeTraceparent, parseTraceparent, traceIdOf } from '../../src/tracing.ts';

const PARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00';

test('a span of ours goes on in the caller’s trace, with its flags', () => {
  const context = parseTraceparent(makeTraceparent(PARENT));
  assert.equal(context?.traceId, '4bf92f3577b34da6a3ce929d0e0e4736');
  assert.notEqual(context?.spanId, '00f067aa0ba902b7');
  assert.equal(context?.flags, '00');
});

test('without a parent, or with a malformed one, a new trace begins', () => {
  const bad = [
    undefined,
    '',
    'x',
    PARENT.toUpperCase(),
    `${PARENT}-more`,
    PARENT.replace('00-', 'ff-'),
    PARENT.replace('4bf92f3577b34da6a3ce929d0e0e4736', '0'.repeat(32)),
    PARENT.replace('00f067aa0ba902b7', '0'.repeat(16)),
  ];
  for (const parent of bad) {
    assert.equal(parseTraceparent(parent), null);
    const context = parseTraceparent(makeTraceparent(parent));
    assert.ok(context);
    assert.equal(context.flags, '01');
  }
});

test('a trace id is for logs, and undefined where there is none', () => {
  assert.equal(traceIdOf(PARENT), '4bf92f3577b34da6a3ce929d0e0e4736');
  assert.equal(traceIdOf('nonsense'), undefined);
});
