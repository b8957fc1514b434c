import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { neverLeft, redriveOrder } from '../../../src/domain/failover.ts';
import type { ChargeOutcome } from '../../../src/domain/provider.ts';

const why = { code: 'payer-rejected', providerCode: null, detail: 'd' } as const;
const words = { failure: true, reason: 'r', providerCode: null } as const;

describe('AMB-2 another provider', () => {
  it('may be tried after a dispatch that surely never left, and after nothing else', () => {
    const outcomes: [ChargeOutcome, boolean][] = [
      [{ kind: 'not_taken', cause: 'unreachable', ...words }, true],
      [{ kind: 'not_taken', cause: 'not-sent', ...words }, true],
      [{ kind: 'not_taken', cause: 'refused', ...words }, false],
      [{ kind: 'unknown', failure: true, reason: 'timeout' }, false],
      [{ kind: 'accepted', failure: false, duplicate: false }, false],
      [{ kind: 'declined', failure: false, why }, false],
    ];
    for (const [outcome, may] of outcomes) assert.equal(neverLeft(outcome), may, outcome.kind);
  });

  it('comes first when a key drives again, and the one that was not reached last', () => {
    const order = ['X', 'Y', 'Z'];
    const from = (provider: string) => redriveOrder({ provider, mayHaveLeft: false }, order);
    assert.deepEqual(from('X'), ['Y', 'Z', 'X']);
    assert.deepEqual(from('Y'), ['Z', 'X', 'Y']);
    assert.deepEqual(from('gone'), ['X', 'Y', 'Z', 'gone']);
  });

  it('is none where a request may have left, or where failover is off', () => {
    const order = fc.uniqueArray(fc.constantFrom('X', 'Y', 'Z'));
    fc.assert(
      fc.property(fc.constantFrom('X', 'Y', 'Z'), order, (provider, names) => {
        assert.deepEqual(redriveOrder({ provider, mayHaveLeft: true }, names), [provider]);
        const [first = provider] = names;
        assert.deepEqual(redriveOrder({ provider, mayHaveLeft: false }, [first]), [provider]);
      }),
    );
  });
});
