/** Values that were computed by another program, from RFC 5869 and RFC 2104: what is stored must come out again for ever. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeReferenceKeys } from '../../../src/adapters/crypto/reference-keys.ts';
import { shapeAsV4 } from '../../../src/domain/provider-kit/reference-bits.ts';

describe('what is derived from the reference secret, in every release', () => {
  const keys = makeReferenceKeys(Buffer.from('a'.repeat(32)));

  it('IDM-10 is the same reference, so that a provider refuses a charge sent before', () => {
    const reference = keys.providerReference('acme', 'key', 'MTN', 'ZM');
    assert.equal(reference.toString('hex'), 'd22ef7c142db0b0b36df188dc92e4bf1');
  });

  it('is the same Kafka key of a wallet, and the same address of a callback', () => {
    assert.equal(keys.messageKey('+260971234567'), 'lwBTJKKt4gLyghpvCHWt9X');
    assert.equal(keys.callbackMac('pay_1'), 'TgXzZwgsxbQYirHHz8rNJN');
  });
});

describe('the bits of a reference', () => {
  it('are a UUID v4 of the RFC 9562 variant, and the derived bytes otherwise', () => {
    const zeros = '00000000000040008000000000000000';
    const ones = 'ffffffffffff4fffbfffffffffffffff';
    assert.equal(shapeAsV4(new Uint8Array(16)), zeros);
    assert.equal(shapeAsV4(new Uint8Array(16).fill(255)), ones);
    const counted = shapeAsV4(Uint8Array.from({ length: 16 }, (_, at) => at));
    assert.equal(counted, '000102030405460788090a0b0c0d0e0f');
  });

  it('are 128 and no other number, and the bytes given stay as they are', () => {
    for (const length of [0, 15, 17]) {
      assert.throws(() => shapeAsV4(new Uint8Array(length)), {
        ...{ name: 'RangeError', message: 'a reference is made of 16 bytes' },
      });
    }
    const bytes = new Uint8Array(16);
    shapeAsV4(bytes);
    assert.deepEqual(bytes, new Uint8Array(16));
  });
});
