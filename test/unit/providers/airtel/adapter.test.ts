import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { makeAirtelProvider, spellAirtelReference } from '../../../../providers/airtel/adapter.ts';
import { parseAirtelCallback } from '../../../../providers/airtel/callback.ts';
import {
  buildAirtelCharge,
  buildAirtelStatusQuery,
  toAirtelText,
} from '../../../../providers/airtel/client.ts';
import { AIRTEL_VARIABLES, parseAirtelConfig } from '../../../../providers/airtel/config.ts';
import type { ChargeRequest } from '../../../../src/domain/provider.ts';
import { systemClock } from '../../../../src/system.ts';
import { PROVIDER_SPECS, REFERENCE_BYTES, TIMING } from '../../../support/provider-rig.ts';

const settings = PROVIDER_SPECS[1]!.settings('https://airtel.example');

function config() {
  const parsed = parseAirtelConfig(settings);
  assert.ok(parsed.ok);
  return parsed.value;
}

const CHARGE: ChargeRequest = {
  reference: spellAirtelReference(REFERENCE_BYTES),
  paymentId: 'pay_0192f0c1d2e34f5a8b9c0d1e2f3a4b5c',
  amountMinor: 2_050n,
  currency: 'ZMW',
  msisdn: '+260971234567',
  description: 'Two chairs',
  callbackUrl: null,
};

describe('Airtel: what is sent', () => {
  test('the charge, byte for byte: the amount is a number and never a float', () => {
    const request = buildAirtelCharge(config(), CHARGE, '971234567')('token');
    assert.equal(request.path, '/merchant/v1/payments/');
    assert.deepEqual(request.headers, {
      authorization: 'Bearer token',
      accept: '*/*',
      'x-country': 'ZM',
      'x-currency': 'ZMW',
      'content-type': 'application/json',
    });
    const subscriber = '{"country":"ZM","currency":"ZMW","msisdn":"971234567"}';
    const transaction = `{"amount":20.50,"country":"ZM","currency":"ZMW","id":"${CHARGE.reference}"}`;
    assert.equal(
      request.body,
      `{"reference":"pay0192f0c1d2e34f5a8b9c0d1e2f3a4b5c","subscriber":${subscriber},` +
        `"transaction":${transaction}}`,
    );
  });

  test('amounts that a float would bend are written exactly', () => {
    for (const [amountMinor, currency, text] of [
      [9_007_199_254_740_991n, 'ZMW', '90071992547409.91'],
      [29n, 'ZMW', '0.29'],
      [1_000n, 'UGX', '1000'],
      [1n, 'KWD', '0.001'],
    ] as const) {
      const { body } = buildAirtelCharge(config(), { ...CHARGE, amountMinor, currency }, '9')('t');
      assert.ok(body?.includes(`"amount":${text},`), body);
      JSON.parse(body ?? '');
    }
  });

  test('a status query cannot leave its path', () => {
    const query = { reference: '../x?y', currency: 'ZMW' };
    assert.equal(
      buildAirtelStatusQuery(config(), query)('t').path,
      '/standard/v1/payments/..%2Fx%3Fy',
    );
  });

  test('its reference field takes letters and digits, 4 to 64', () => {
    assert.equal(toAirtelText('pay_1'), 'pay1');
    assert.equal(toAirtelText(`pay_${'a'.repeat(99)}`).length, 64);
    assert.match(toAirtelText('_'), /^[A-Za-z0-9]{4}$/);
  });

  test('a reference is 25 upper-case letters and digits: the same 128 bits as a UUID v4', () => {
    const reference = spellAirtelReference(REFERENCE_BYTES);
    assert.match(reference, /^[0-9A-Z]{25}$/);
    const digits = [...reference].reduce(
      (sum, c) => sum * 36n + BigInt(Number.parseInt(c, 36)),
      0n,
    );
    assert.equal(digits, 0x01112131_4151_4171_8191_a1b1c1d1e1f1n);
    assert.match(spellAirtelReference(new Uint8Array(16)), /^0+[0-9A-Z]+$/);
    assert.match(spellAirtelReference(new Uint8Array(16).fill(255)), /^[0-9A-Z]{25}$/);
  });

  test("another country's wallet is declined, and nothing is sent", async () => {
    const http = {
      send: () => assert.fail('sent'),
      close: async () => {},
    };
    const provider = makeAirtelProvider(config(), {
      ...{ http: () => http, clock: systemClock, timing: TIMING },
    });
    const foreign = { ...CHARGE, msisdn: '+256701234567' };
    const outcome = await provider.charge(foreign, { timeoutMs: 1_000 });
    assert.equal(outcome.kind === 'declined' && outcome.why.code, 'payer-not-found');
  });
});

const KEY = 'a4f48f692d2b4df9acbad7dff60a32a6';
const payload = {
  transaction: {
    id: 'BBZMiscxy',
    message: 'Paid UGX 5,000 to TECH LIMITED, Trans ID MP210603.1234.L06941.',
    status_code: 'TS',
    airtel_money_id: 'MP210603.1234.L06941',
  },
};
const GOLDEN = 'zITVAAGYSlzl1WkUQJn81kbpT5drH3koffT8jCkcJJA=';
const hmac = (text: string) => createHmac('sha256', KEY).update(text).digest('base64');

describe('Airtel: a callback', () => {
  const parse = (body: unknown, ...keys: string[]) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return parseAirtelCallback({ method: 'POST', headers: {}, body: Buffer.from(text) }, keys);
  };
  const parseSigned = (body: unknown) => parse(body, KEY);
  const good = { ok: true, reference: 'BBZMiscxy', claimed: 'succeeded' };
  const forged = { ok: false, why: 'bad-signature' };

  test("the documentation's own hash is accepted, however the callback is printed", () => {
    assert.deepEqual(parseSigned({ ...payload, hash: GOLDEN }), good);
    assert.deepEqual(parseSigned(JSON.stringify({ ...payload, hash: GOLDEN }, null, 4)), good);
    assert.deepEqual(parseSigned({ hash: GOLDEN, ...payload }), good);
  });

  test('so is the hash of the compact form, and of the very bytes without the hash', () => {
    const compact = hmac(JSON.stringify(payload));
    assert.equal(compact, 'UF8JMKZsAFX5k0WFbIQphnCRcCw1ViJXT+A84CRl434=');
    assert.deepEqual(parseSigned({ ...payload, hash: compact }), good);
    const bytes = JSON.stringify(payload, null, 3);
    const signed = `${bytes.slice(0, -2)},\n   "hash": "${hmac(bytes)}"\n}`;
    assert.deepEqual(parseSigned(signed), good);
  });

  test('a wrong, missing or shortened hash is refused', () => {
    for (const hash of [undefined, '', 'x', 7, GOLDEN.slice(0, 20), hmac('other')]) {
      assert.deepEqual(parseSigned({ ...payload, hash }), forged);
    }
    const other = { transaction: { ...payload.transaction, id: 'OTHER' } };
    assert.deepEqual(parseSigned({ ...other, hash: GOLDEN }), forged);
    assert.deepEqual(parseSigned({ ...payload, extra: 1, hash: GOLDEN }), forged);
  });

  test('a second hash cannot smuggle other content past the first', () => {
    const text = JSON.stringify({ ...payload, hash: GOLDEN });
    const evil = text.replace('BBZMiscxy', 'EVIL');
    assert.deepEqual(parseSigned(`${evil.slice(0, -1)},"hash":"${GOLDEN}"}`), forged);
  });

  test('while a key is changed, both the old one and the new one are good, and no third', () => {
    const signedBy = (key: string) => {
      const hash = createHmac('sha256', key).update(JSON.stringify(payload)).digest('base64');
      return { ...payload, hash };
    };
    for (const key of [KEY, 'the next key']) {
      assert.deepEqual(parse(signedBy(key), 'the next key', KEY), good);
    }
    assert.deepEqual(parse(signedBy('a third'), 'the next key', KEY), forged);
    assert.deepEqual(parse(signedBy(KEY), 'the next key'), forged);
  });

  test('without a key the hash is not asked for', () => {
    assert.deepEqual(parse(payload), good);
  });

  test('its state is a claim, or none that is known', () => {
    for (const [status_code, claimed] of [
      ['TF', 'failed'],
      ['TIP', 'pending'],
      ['what', null],
      [undefined, null],
    ]) {
      const transaction = { ...payload.transaction, status_code };
      assert.deepEqual(parse({ transaction }), { ...good, claimed });
    }
  });

  test('anything else is malformed', () => {
    const long = { transaction: { id: 'R', message: 'x'.repeat(20_000) } };
    for (const body of [
      '',
      '{',
      '[]',
      {},
      { transaction: [] },
      { transaction: { id: '' } },
      long,
    ]) {
      assert.deepEqual(parseSigned(body), { ok: false, why: 'malformed' });
    }
  });
});

describe('Airtel: settings', () => {
  test('good ones are read; without a callback key the callbacks are not checked', () => {
    assert.deepEqual(config().callbackKeys, []);
    assert.equal(config().callingCode, '260');
    const parsed = parseAirtelConfig({ ...settings, AIRTEL_CALLBACK_KEY: 'k' });
    assert.deepEqual(parsed.ok && parsed.value.callbackKeys, ['k']);
  });

  test('while the callback key is changed there are two; an empty one is refused', () => {
    const read = (keys: string) => parseAirtelConfig({ ...settings, AIRTEL_CALLBACK_KEY: keys });
    const both = read('new, old');
    assert.deepEqual(both.ok && both.value.callbackKeys, ['new', 'old']);
    for (const keys of ['new,', ',', 'a b,c']) assert.ok(!read(keys).ok, keys);
  });

  test('a country without a known calling code is refused', () => {
    for (const country of ['ZA', 'toString', 'zm']) {
      const parsed = parseAirtelConfig({ ...settings, AIRTEL_COUNTRY: country });
      assert.ok(!parsed.ok);
      assert.equal(parsed.problems[0]?.variable, 'AIRTEL_COUNTRY');
    }
  });

  test('all that is missing is named at once', () => {
    const parsed = parseAirtelConfig({});
    assert.ok(!parsed.ok);
    const optional = ['AIRTEL_MAX_AMOUNT', 'AIRTEL_CALLBACK_KEY'];
    const required = AIRTEL_VARIABLES.filter((name) => !optional.includes(name));
    const named = parsed.problems.map(({ variable }) => variable);
    assert.deepEqual(named.sort(), [...required].sort());
  });
});
