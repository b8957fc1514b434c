import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hashApiKey, looksLikeApiKey, newApiKey } from '../../../src/adapters/crypto/api-keys.ts';
import { makePayerVault } from '../../../src/adapters/crypto/payer-vault.ts';
import { makeReferenceKeys } from '../../../src/adapters/crypto/reference-keys.ts';
import { propertySeed } from '../../support/seed.ts';

const place = { merchantId: 'acme', table: 'payments', column: 'payer_cipher', rowId: 'pay_1' };
const first = { id: 'k1', key: randomBytes(32) };
const second = { id: 'k2', key: randomBytes(32) };
const indexKey = randomBytes(32);

describe('the payer vault', () => {
  it('SEC-9 opens what it sealed, at its own place only', (t) => {
    const vault = makePayerVault([first], indexKey);
    fc.assert(
      fc.property(fc.string(), (text) => {
        const sealed = vault.seal(text, place);
        assert.equal(vault.open(sealed, place), text);
        for (const [name, value] of Object.entries(place)) {
          assert.throws(() => vault.open(sealed, { ...place, [name]: `${value}x` }));
        }
      }),
      { numRuns: 1_000, seed: propertySeed(t) },
    );
  });

  it('SEC-9 refuses an altered ciphertext, whichever byte it is', () => {
    const vault = makePayerVault([first], indexKey);
    const sealed = vault.seal('+260971234567', place);
    for (let i = 0; i < sealed.length; i += 1) {
      const altered = Buffer.from(sealed);
      altered[i] = (altered[i] as number) ^ 1;
      assert.throws(() => vault.open(altered, place), `byte ${i}`);
    }
  });

  it('SEC-9 writes with the first key and reads with all of them', () => {
    const old = makePayerVault([first], indexKey).seal('secret', place);
    const rotated = makePayerVault([second, first], indexKey);
    assert.equal(rotated.open(old, place), 'secret');
    const fresh = rotated.seal('secret', place);
    assert.throws(() => makePayerVault([first], indexKey).open(fresh, place), /no key/);
  });

  it('finds a payer again within a merchant and not across merchants', () => {
    const vault = makePayerVault([first], indexKey);
    assert.deepEqual(vault.blindIndex('a', '+260971'), vault.blindIndex('a', '+260971'));
    assert.notDeepEqual(vault.blindIndex('a', '+260971'), vault.blindIndex('b', '+260971'));
  });
});

describe('what is derived from the reference secret', () => {
  const keys = makeReferenceKeys(Buffer.from('a'.repeat(32)));

  it('IDM-10 is the same for the same payment and route, and for no other', () => {
    const route: [string, string, string, string] = ['acme', 'key', 'MTN', 'ZM'];
    const reference = keys.providerReference(...route);
    assert.equal(reference.length, 16);
    assert.deepEqual(keys.providerReference(...route), reference);
    const others: (typeof route)[] = [
      ['acm', 'ekey', 'MTN', 'ZM'],
      ['acme', 'key2', 'MTN', 'ZM'],
      ['acme', 'key', 'AIRTEL', 'ZM'],
      ['acme', 'key', 'MTN', 'UG'],
    ];
    for (const other of others) {
      assert.notDeepEqual(keys.providerReference(...other), reference);
    }
  });

  it('has no purpose that could be mistaken for another', () => {
    const values = [keys.messageKey('x'), keys.callbackMac('x')];
    assert.equal(new Set(values).size, values.length);
    const others = makeReferenceKeys(Buffer.from('b'.repeat(32)));
    assert.notEqual(others.messageKey('x'), keys.messageKey('x'));
  });
});

describe('API keys', () => {
  it('SEC-1 are long, of one alphabet, and found mistyped without the store', () => {
    for (let i = 0; i < 1_000; i += 1) {
      const key = newApiKey();
      assert.match(key, /^pga_[0-9A-Za-z]{38}$/);
      assert.ok(looksLikeApiKey(key));
      const at = 4 + (i % 32);
      const mistyped = key.slice(0, at) + (key[at] === 'a' ? 'b' : 'a') + key.slice(at + 1);
      assert.ok(!looksLikeApiKey(mistyped));
    }
    for (const text of ['', 'pga_', 'pga_x', `pga_${'-'.repeat(38)}`, `${newApiKey()}x`]) {
      assert.ok(!looksLikeApiKey(text));
    }
  });

  it('SEC-1 are stored as a hash that needs the pepper', () => {
    const key = newApiKey();
    assert.deepEqual(hashApiKey(Buffer.from('p'), key), hashApiKey(Buffer.from('p'), key));
    assert.notDeepEqual(hashApiKey(Buffer.from('p'), key), hashApiKey(Buffer.from('q'), key));
  });
});
