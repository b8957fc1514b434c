import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeCatalogue } from '../../../src/adapters/http/catalogue.ts';
import {
  missingIdempotencyKey,
  readIdempotencyKey,
} from '../../../src/adapters/http/idempotency-key.ts';
import {
  fingerprintOf,
  maxAmountOf,
  readPayRequest,
} from '../../../src/adapters/http/pay-command.ts';
import { makeWalletReader } from '../../../src/adapters/http/wallet.ts';
import { canonicalJson } from '../../../src/domain/canonical-json.ts';
import { GatewayError } from '../../../src/domain/errors.ts';
import { MAX_AMOUNT_MINOR } from '../../../src/domain/money.ts';
import { CATALOGUE, PAY_BODY } from '../../support/http-harness.ts';

const [mtn] = CATALOGUE as [(typeof CATALOGUE)[number]];

describe('the fingerprint of a request', () => {
  it('IDM-4 is the same in every release, as another program computes it', () => {
    const whole = 'c1cfb4370355dea8a55cdf71a3aff3398a55c97f4608a0696b37f3eb073e50c0';
    const least = '4e798c26d680860e2b3632df27241df84662de34697c065e66db76697014472a';
    assert.equal(fingerprintOf(PAY_BODY, '20.00'), whole);
    const { amount, currency, payer } = PAY_BODY;
    const bare = { amount, currency, payer };
    assert.equal(fingerprintOf(bare, '20.00'), least);
    const nulls = { provider: null, reference: null, description: null, metadata: null };
    assert.equal(fingerprintOf({ ...bare, ...nulls }, '20.00'), least);
  });

  it('is of canonical text, for whatever a request may hold', () => {
    const list = { b: [null, 'é', { d: 1, c: false }], a: {}, z: [], y: undefined };
    assert.equal(canonicalJson(list), '{"a":{},"b":[null,"é",{"c":false,"d":1}],"z":[]}');
    assert.equal(canonicalJson({ y: undefined }), '{}');
    assert.equal(canonicalJson([{ b: 1, a: 2 }, 'x']), '[{"a":2,"b":1},"x"]');
  });
});

describe('the largest amount', () => {
  it("is the provider's limit, and never more than the gateway's own", () => {
    const max = (limit?: bigint) =>
      maxAmountOf({ ...mtn, maxAmountMinor: limit === undefined ? {} : { ZMW: limit } }, 'ZMW');
    assert.equal(max(), MAX_AMOUNT_MINOR);
    assert.equal(max(500n), 500n);
    assert.equal(max(MAX_AMOUNT_MINOR + 1n), MAX_AMOUNT_MINOR);
  });

  it('AMB-2 may still go to another provider that takes no more', () => {
    const [first, airtel] = CATALOGUE as [typeof mtn, typeof mtn];
    const catalogue = makeCatalogue([first, { ...airtel, failover: ['MTN'] }]);
    const deps = { catalogue, readWallet: makeWalletReader() };
    const failoverOf = (amount: string) =>
      readPayRequest({ ...PAY_BODY, provider: undefined, amount }, deps).failover;
    assert.deepEqual(failoverOf('10000.00'), ['MTN']);
    assert.deepEqual(failoverOf('10000.01'), []);
  });

  it('may be asked for, and not one minor unit more', () => {
    const deps = { catalogue: makeCatalogue(CATALOGUE), readWallet: makeWalletReader() };
    const read = (amount: string) => readPayRequest({ ...PAY_BODY, provider: 'MTN', amount }, deps);
    assert.equal(read('10000.00').amountMinor, 1_000_000n);
    assert.throws(() => read('10000.01'), { code: 'amount-out-of-range' });
  });
});

describe('what a caller reads about a wrong request', () => {
  const refusal = (action: () => unknown): GatewayError => {
    try {
      action();
    } catch (error) {
      assert.ok(error instanceof GatewayError);
      return error;
    }
    return assert.fail('nothing was refused');
  };

  it('names the field in words and by its pointer', () => {
    const deps = { catalogue: makeCatalogue(CATALOGUE), readWallet: makeWalletReader() };
    const request = { ...PAY_BODY, payer: { msisdn: '0971234567' } };
    const { code, message, errors } = refusal(() => readPayRequest(request, deps));
    const detail = 'must be a mobile number in E.164 with plus';
    assert.equal(message, `The payer.msisdn ${detail}.`);
    assert.deepEqual(
      [code, errors],
      ['msisdn-invalid', [{ pointer: '/payer/msisdn', code: 'msisdn-invalid', detail }]],
    );
  });

  it('tells an unknown provider from a wallet whose operator is not known', () => {
    const deps = { catalogue: makeCatalogue(CATALOGUE), readWallet: makeWalletReader() };
    const unknown = refusal(() => readPayRequest({ ...PAY_BODY, provider: 'TIGO' }, deps));
    assert.equal(unknown.message, 'The provider must be one of MTN, AIRTEL.');
    const request = { ...PAY_BODY, provider: undefined, payer: { msisdn: '+46733123450' } };
    const required = refusal(() => readPayRequest(request, deps));
    const rule = "must be named, since this wallet's operator is not known: one of MTN, AIRTEL";
    assert.equal(required.message, `The provider ${rule}.`);
  });

  it('says how a key must look, and that there must be one', () => {
    const invalid = refusal(() => readIdempotencyKey('a b'));
    assert.equal(invalid.code, 'idempotency-key-invalid');
    assert.match(
      invalid.message,
      /1 to 64 visible ASCII characters without spaces, bare or whole in quotes\.$/,
    );
    const missing = missingIdempotencyKey();
    assert.equal(missing.code, 'idempotency-key-missing');
    assert.equal(missing.message, 'Send an Idempotency-Key header.');
  });
});
