import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { makeCatalogue } from '../../../src/adapters/http/catalogue.ts';
import { readPayRequest } from '../../../src/adapters/http/pay-command.ts';
import { type PayRequest, paySchema } from '../../../src/adapters/http/pay-schema.ts';
import { makeWalletReader } from '../../../src/adapters/http/wallet.ts';
import type { GatewayError } from '../../../src/domain/errors.ts';
import { CATALOGUE, PAY_BODY } from '../../support/http-harness.ts';

const catalogue = makeCatalogue(CATALOGUE);
const readWallet = makeWalletReader();
const read = (changes: Partial<PayRequest> = {}) =>
  readPayRequest({ ...PAY_BODY, ...changes }, { catalogue, readWallet });
const wallet = (msisdn: string) => ({ payer: { msisdn } });

test('a request becomes minor units, a provider in its market, and nulls', () => {
  const { fingerprint, ...meaning } = read({ reference: undefined, metadata: undefined });
  assert.match(fingerprint, /^[0-9a-f]{64}$/);
  assert.deepEqual(meaning, {
    route: 'POST /v1/pay',
    amountMinor: 2000n,
    currency: 'ZMW',
    msisdn: '+260971234567',
    provider: 'AIRTEL',
    market: 'ZM',
    routedBy: 'request',
    failover: [],
    reference: null,
    description: 'Two chairs',
    metadata: null,
  });
});

test('without a provider the operator of the wallet decides', () => {
  const { provider, routedBy } = read({ provider: undefined, ...wallet('+260961234567') });
  assert.deepEqual({ provider, routedBy }, { provider: 'MTN', routedBy: 'operator' });
  const unknown = { provider: undefined, ...wallet('+46733123450') };
  assert.throws(() => read(unknown), { code: 'provider-required' });
});

test('what the words mean is checked, each with its own code', () => {
  const cases: [Partial<PayRequest>, string][] = [
    [{ provider: 'TIGO' }, 'provider-unknown'],
    [{ provider: 'airtel' }, 'provider-unknown'],
    [{ currency: 'XXX' }, 'currency-not-supported'],
    [{ currency: 'zmw' }, 'currency-not-supported'],
    [{ currency: 'EUR' }, 'currency-not-supported'],
    [{ currency: 'constructor' }, 'currency-not-supported'],
    [{ amount: '20.001' }, 'amount-precision'],
    [{ amount: `1.${'0'.repeat(50)}` }, 'amount-precision'],
    [{ amount: '0' }, 'amount-out-of-range'],
    [{ amount: '0.00' }, 'amount-out-of-range'],
    [{ amount: '-0.00' }, 'amount-out-of-range'],
    [{ amount: '-20.00' }, 'amount-out-of-range'],
    [{ amount: '1'.repeat(60) }, 'amount-out-of-range'],
    [{ amount: '10000.01', provider: 'MTN' }, 'amount-out-of-range'],
    [wallet('260971234567'), 'msisdn-invalid'],
    [wallet('+26097123456'), 'msisdn-invalid'],
    [wallet('+2609712345678'), 'msisdn-invalid'],
    [wallet('+260211123456'), 'msisdn-invalid'],
    [wallet('+260 97 1234567'), 'msisdn-invalid'],
    [wallet('+260971234567;ext=1'), 'msisdn-invalid'],
    [wallet(''), 'msisdn-invalid'],
  ];
  for (const [changes, code] of cases) {
    assert.throws(() => read(changes), { code }, JSON.stringify(changes));
  }
  assert.equal(read({ amount: '10000', provider: 'MTN' }).amountMinor, 1_000_000n);
});

test('a refusal says what would have been right', () => {
  const unrouted = { provider: undefined, ...wallet('+46733123450') };
  const cases: [Partial<PayRequest>, string, RegExp][] = [
    [{ amount: '0' }, '/amount', /more than zero and at most 90071992547409\.91 ZMW$/],
    [{ amount: '1'.repeat(60) }, '/amount', /at most 90071992547409\.91 ZMW$/],
    [{ amount: '10000.01', provider: 'MTN' }, '/amount', /at most 10000\.00 ZMW$/],
    [{ amount: '1.001' }, '/amount', /at most the 2 decimals of ZMW$/],
    [{ currency: 'EUR' }, '/currency', /one that AIRTEL takes here: ZMW, ZAR$/],
    [{ provider: 'TIGO' }, '/provider', /one of MTN, AIRTEL$/],
    [unrouted, '/provider', /must be named.*one of MTN, AIRTEL$/],
  ];
  for (const [changes, pointer, rule] of cases) {
    assert.throws(
      () => read(changes),
      ({ message, errors }: GatewayError) => {
        assert.equal(errors?.[0]?.pointer, pointer);
        assert.match(errors[0].detail, rule);
        assert.equal(message, `The ${pointer.slice(1)} ${errors[0].detail}.`);
        return true;
      },
    );
  }
  const cap = '90071992547409.91';
  assert.equal(read({ amount: cap }).amountMinor, BigInt(Number.MAX_SAFE_INTEGER));
  assert.throws(() => read({ amount: '90071992547409.92' }), { code: 'amount-out-of-range' });
});

test('the wallets with known outcomes are valid ones', () => {
  const known = ['96', '97'].flatMap((operator) =>
    Array.from({ length: 9 }, (_, at) => `+260${operator}000000${at + 1}`),
  );
  const sandbox = Array.from({ length: 15 }, (_, at) => `+467331234${50 + at}`);
  for (const msisdn of [...known, ...sandbox]) assert.equal(read(wallet(msisdn)).msisdn, msisdn);
});

test('a provider in two markets serves each wallet in its own', () => {
  const uganda = { ...CATALOGUE[0], market: 'UG', currencies: ['UGX'], prefixes: ['25677'] };
  const two = makeCatalogue([...CATALOGUE, uganda as (typeof CATALOGUE)[number]]);
  const request = { ...PAY_BODY, provider: 'MTN', currency: 'UGX', amount: '500' };
  const { market, amountMinor } = readPayRequest(
    { ...request, ...wallet('+256772123456') },
    { catalogue: two, readWallet },
  );
  assert.deepEqual({ market, amountMinor }, { market: 'UG', amountMinor: 500n });
});

test('AMB-2 others in the market that take currency and amount may stand in, unless one was named', () => {
  const orders: Record<string, string[]> = { AIRTEL: ['MTN', 'BANK'], MTN: ['AIRTEL'] };
  const [mtn, airtel] = CATALOGUE.map((entry) => ({ ...entry, failover: orders[entry.name] }));
  assert.ok(mtn && airtel);
  const abroad = { ...airtel, market: 'UG', prefixes: ['25677'], currencies: ['ZMW'] };
  const bank = { ...airtel, name: 'BANK', prefixes: [], failover: undefined };
  const ordered = makeCatalogue([mtn, airtel, abroad, bank]);
  const failoverOf = (changes: Partial<PayRequest>) =>
    readPayRequest(
      { ...PAY_BODY, provider: undefined, ...changes },
      { catalogue: ordered, readWallet },
    ).failover;
  assert.deepEqual(failoverOf({}), ['MTN', 'BANK']);
  assert.deepEqual(failoverOf({ amount: '10000.01' }), ['BANK'], 'above the largest of MTN');
  assert.deepEqual(failoverOf({ currency: 'ZAR' }), ['BANK'], 'not taken by MTN');
  assert.deepEqual(failoverOf(wallet('+260961234567')), ['AIRTEL']);
  assert.deepEqual(failoverOf(wallet('+256772123456')), [], 'alone in its market');
  assert.deepEqual(failoverOf({ provider: 'AIRTEL' }), []);
});

test('IDM-4 "20.0", "20" and "20.00" are one request', () => {
  const prints = ['20', '20.0', '20.00'].map((amount) => read({ amount }).fingerprint);
  assert.equal(new Set(prints).size, 1);
});

test('IDM-4 every change of content changes the fingerprint, the order of names does not', () => {
  const before = read().fingerprint;
  const turned = paySchema.parse(Object.fromEntries(Object.entries(PAY_BODY).reverse()));
  assert.equal(readPayRequest(turned, { catalogue, readWallet }).fingerprint, before);
  const changes: Partial<PayRequest>[] = [
    ...[{ amount: '20.01' }, { currency: 'ZAR' }, wallet('+260971234568'), { provider: undefined }],
    ...[{ reference: 'order-18' }, { reference: undefined }, { description: 'Two chair' }],
    ...[{ metadata: { cart: '8' } }, { metadata: {} }, { metadata: undefined }],
    ...[{ reference: '' }],
  ];
  const prints = changes.map((change) => read(change).fingerprint);
  assert.equal(new Set([before, ...prints]).size, changes.length + 1);
  assert.equal(read({ metadata: null }).fingerprint, read({ metadata: undefined }).fingerprint);
});

test('lengths are counted in code points, as the API description counts them', () => {
  const fits = (changes: object) => paySchema.safeParse({ ...PAY_BODY, ...changes }).success;
  assert.ok(fits({ reference: '\u{1F600}'.repeat(64), description: 'é'.repeat(160) }));
  assert.ok(!fits({ reference: 'x'.repeat(65) }));
  assert.ok(!fits({ description: 'x'.repeat(161) }));
  const keys = (count: number, length = 3) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, at) => [`${at}`.padEnd(length, 'k'), 'v']),
    );
  assert.ok(fits({ metadata: keys(20, 40) }));
  assert.ok(!fits({ metadata: keys(21) }));
  assert.ok(!fits({ metadata: keys(1, 41) }));
  assert.ok(fits({ metadata: { k: 'v'.repeat(200) } }));
  assert.ok(!fits({ metadata: { k: 'v'.repeat(201) } }));
});

test('text that cannot be printed or stored is refused', () => {
  const bad = ['\0', '\n', '\x1b[31m', '\x7f', '\u0085', '\u2028', '\u202e', '\ud800', 'a\udc00'];
  for (const text of bad) {
    for (const changes of [{ description: text }, { reference: text }, { metadata: { k: text } }]) {
      assert.ok(!paySchema.safeParse({ ...PAY_BODY, ...changes }).success, JSON.stringify(changes));
    }
  }
});

test('LED-2 an amount is text of the one form; the schema refuses every other spelling', () => {
  const bad = [20, '1e3', '+1', '.5', '5.', '01', '1,000.00', ' 1', '1 ', '', 'NaN', '0x10', null];
  for (const amount of bad) {
    assert.ok(!paySchema.safeParse({ ...PAY_BODY, amount }).success, JSON.stringify(amount));
  }
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 10n ** 12n }), (minor) => {
      const text = minor.toString().padStart(3, '0');
      const amount = `${text.slice(0, -2)}.${text.slice(-2)}`;
      assert.equal(read({ amount }).amountMinor, minor);
    }),
  );
});
