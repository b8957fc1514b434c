import assert from 'node:assert/strict';
import {
  constants,
  createCipheriv,
  createPublicKey,
  publicEncrypt,
  randomBytes,
  randomUUID,
} from 'node:crypto';
import { describe, it } from 'node:test';
import { makeAirtelWire } from '../../../providers/airtel/simulator.ts';
import { callbackHash } from '../../../providers/airtel/simulator-status.ts';
import { AIRTEL_CREDENTIALS } from '../../support/simulators.ts';
import { jsonOf, takenCharge, wireRig } from './wire-rig.ts';

const CHARGE = '/merchant/v1/payments/';
const SIGNED_CHARGE = '/merchant/v2/payments/';
const GRANT = {
  client_id: AIRTEL_CREDENTIALS.clientId,
  client_secret: AIRTEL_CREDENTIALS.clientSecret,
  grant_type: 'client_credentials',
};
const ID = 'TXN0221ABCDEFGHIJKLMNOPQR';
const BODY = {
  reference: 'Testing transaction',
  subscriber: { country: 'ZM', currency: 'ZMW', msisdn: '971234567' },
  transaction: { amount: 1000, country: 'ZM', currency: 'ZMW', id: ID },
};

interface AirtelBody {
  status: { response_code?: string; result_code?: string; success: boolean; message: string };
  data?: { transaction: Record<string, string> };
}

function rig(settings: Partial<typeof AIRTEL_CREDENTIALS> = {}) {
  const base = wireRig((tokens) => makeAirtelWire({ ...AIRTEL_CREDENTIALS, ...settings }, tokens));
  const token = base.answer('POST', '/auth/oauth2/token', {}, GRANT);
  const { access_token: bearer } = token.json as { access_token: string };
  const headers = { authorization: `Bearer ${bearer}`, 'x-country': 'ZM', 'x-currency': 'ZMW' };
  return { ...base, token, headers };
}

describe('Airtel token', () => {
  it('is granted with its lifetime as text, and expires', () => {
    const { clock, token, answer, headers } = rig();
    const { expires_in, token_type } = token.json as Record<string, unknown>;
    assert.deepEqual([expires_in, token_type], ['180', 'bearer']);
    clock.nowMs += 180_000;
    const expired = answer('POST', CHARGE, headers, BODY);
    assert.equal(expired.status, 401);
    assert.equal((expired.json as { error: string }).error, 'invalid_token');
  });

  it('is refused with 400 and the OAuth shape', () => {
    const { answer } = rig();
    const bad = answer('POST', '/auth/oauth2/token', {}, { ...GRANT, client_secret: 'wrong' });
    assert.equal(bad.status, 400);
    assert.deepEqual(bad.json, {
      error_description: 'Invalid client authentication',
      error: 'invalid_client',
    });
  });
});

describe('Airtel USSD push', () => {
  it('reads the order as the merchant meant it', () => {
    const { order, headers } = rig();
    assert.deepEqual(order('POST', CHARGE, headers, BODY), {
      reference: ID,
      externalId: 'Testing transaction',
      msisdn: '+260971234567',
      amount: '1000.00',
      currency: 'ZMW',
      callbackUrl: null,
      details: {},
    });
  });

  it('takes a body without the optional fields, and keeps the amount\u2019s digits', () => {
    const { order, headers } = rig();
    const subscriber = '{"msisdn":"971234567"}';
    const transaction = `{"amount":20.00,"id":"${ID}"}`;
    const body = `{"reference":"order17","subscriber":${subscriber},"transaction":${transaction}}`;
    assert.equal(order('POST', CHARGE, headers, body).amount, '20.00');
  });

  const push = (transaction: object, subscriber: object = {}) => ({
    ...BODY,
    subscriber: { ...BODY.subscriber, ...subscriber },
    transaction: { ...BODY.transaction, ...transaction },
  });
  const REFUSALS: [string, Record<string, string | undefined>, unknown, number, string][] = [
    ['no token', { authorization: undefined }, BODY, 401, 'invalid_token'],
    ['no X-Country', { 'x-country': undefined }, BODY, 400, 'ROUTER003'],
    ['no X-Currency', { 'x-currency': undefined }, BODY, 400, 'ROUTER003'],
    ['another country', { 'x-country': 'UG' }, BODY, 400, 'ROUTER006'],
    [
      'an unknown currency',
      { 'x-currency': 'XXX' },
      push({ currency: 'XXX' }, { currency: 'XXX' }),
      400,
      'ROUTER112',
    ],
    ['no JSON', {}, '{', 400, 'ROUTER003'],
    [
      'a country code in the number',
      {},
      push({}, { msisdn: '260971234567' }),
      200,
      'Msisdn Length should be 9',
    ],
    ['a plus in the number', {}, push({}, { msisdn: '+26097123' }), 400, 'ESB000008'],
    ['an amount as text', {}, push({ amount: '1000' }), 400, 'ESB000008'],
    ['an amount of zero', {}, push({ amount: 0 }), 200, 'DP00800001004'],
    ['too many decimals', {}, push({ amount: 1.001 }), 200, 'DP00800001004'],
    ['a hyphen in the id', {}, push({ id: randomUUID() }), 400, 'ESB000008'],
    ['no reference', {}, { ...BODY, reference: undefined }, 400, 'ESB000008'],
    ['two currencies', {}, push({ currency: 'EUR' }), 200, 'ESB000035'],
  ];
  for (const [what, headers, body, status, word] of REFUSALS) {
    it(`answers ${status} and ${word} to ${what}`, () => {
      const { answer, headers: good } = rig();
      const given = answer('POST', CHARGE, { ...good, ...headers }, body as object);
      assert.equal(given.status, status);
      assert.match(given.body, new RegExp(word));
    });
  }

  it('a path without the last slash is none of Airtel\u2019s', () => {
    const { answer, headers } = rig();
    assert.equal(answer('POST', '/merchant/v1/payments', headers, BODY).status, 404);
  });

  it('says SUCCESS when it means "in process", and ESB000041 with HTTP 200 the second time', () => {
    const { wire } = rig();
    const taken: AirtelBody = jsonOf(wire.taken(takenCharge({ reference: ID })));
    assert.deepEqual(taken.data?.transaction, { id: ID, status: 'SUCCESS' });
    assert.equal(taken.status.response_code, 'DP00800001006');
    const again = wire.duplicate(takenCharge());
    const { data, status }: AirtelBody = jsonOf(again);
    assert.deepEqual(
      [again.status, data, status.success, status.result_code],
      [200, undefined, false, 'ESB000041'],
    );
  });
});

describe('Airtel message signing', () => {
  /** As an integrator would sign, from the published key alone. */
  function sign(body: string, published: string) {
    const [key, iv] = [randomBytes(32), randomBytes(16)];
    const cipher = createCipheriv('aes-256-cbc', key, iv);
    const der = Buffer.from(published, 'base64');
    const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
    const keyAndIv = `${key.toString('base64')}:${iv.toString('base64')}`;
    const padding = constants.RSA_PKCS1_PADDING;
    return {
      'x-signature': cipher.update(body, 'utf8', 'base64') + cipher.final('base64'),
      'x-key': publicEncrypt({ key: publicKey, padding }, Buffer.from(keyAndIv)).toString('base64'),
    };
  }

  it('takes a good signature, and refuses one of another body', () => {
    const { answer, order, headers } = rig();
    const keys = answer('GET', '/v1/rsa/encryption-keys', headers).json as {
      data: { key: string };
    };
    const text = JSON.stringify(BODY);
    const signed = { ...headers, ...sign(text, keys.data.key) };
    assert.equal(order('POST', SIGNED_CHARGE, signed, text).reference, ID);
    const other = answer('POST', SIGNED_CHARGE, signed, `${text} `);
    assert.equal((other.json as AirtelBody).status.response_code, 'DP00800001026');
  });

  it('refuses half a signature and rubbish, and takes no signature at all', () => {
    const { answer, order, headers } = rig();
    for (const half of [{ 'x-signature': 'AAAA' }, { 'x-key': 'AAAA' }]) {
      const given = answer('POST', SIGNED_CHARGE, { ...headers, ...half }, BODY);
      assert.match(given.body, /DP00800001026/);
    }
    assert.equal(order('POST', SIGNED_CHARGE, headers, BODY).reference, ID);
  });
});

describe('Airtel enquiry', () => {
  const many = Array.from({ length: 64 }, (_, index) => takenCharge({ reference: `TXN${index}A` }));

  it('says TS with success true or false, and with either code', () => {
    const { wire } = rig();
    const seen = new Set<string>();
    for (const charge of many) {
      const { data, status }: AirtelBody = jsonOf(wire.status(charge, 'SUCCEEDED'));
      assert.equal(data?.transaction.status, 'TS');
      assert.match(data?.transaction.airtel_money_id ?? '', /^MP/);
      seen.add(`${status.success} ${status.response_code}`);
    }
    assert.ok(seen.has('false DP00800001006') || seen.has('false DP00800001001'));
    assert.equal(new Set([...seen].map((one) => one.split(' ')[0])).size, 2);
    assert.equal(new Set([...seen].map((one) => one.split(' ')[1])).size, 2);
  });

  it('says TIP or TA while pending, and gives no money id', () => {
    const { wire } = rig();
    const transactions = many.map(
      (charge) => (jsonOf(wire.status(charge, 'PENDING')) as AirtelBody).data?.transaction,
    );
    assert.deepEqual([...new Set(transactions.map((one) => one?.status))].sort(), ['TA', 'TIP']);
    assert.ok(transactions.every((one) => one !== undefined && !('airtel_money_id' in one)));
  });

  it('says TF with the reason\u2019s code, and TE when the payer let it expire', () => {
    const { wire } = rig();
    const statusOf = (failureCode: string): AirtelBody =>
      jsonOf(wire.status(takenCharge({ failureCode }), 'FAILED'));
    const poor = statusOf(wire.codeOf('insufficient-funds'));
    assert.equal(poor.data?.transaction.status, 'TF');
    assert.equal(poor.status.response_code, 'DP00800001007');
    assert.equal(statusOf(wire.codeOf('payer-timeout')).data?.transaction.status, 'TE');
  });

  it('of an unknown id is a refusal that names it not found', () => {
    const { wire, read, headers } = rig();
    assert.deepEqual(read('GET', `/standard/v1/payments/${ID}`, headers), {
      kind: 'status',
      reference: ID,
    });
    const { data, status }: AirtelBody = jsonOf(wire.notFound());
    assert.deepEqual([data, status.response_code], [undefined, 'DP00800001025']);
  });
});

describe('Airtel callback', () => {
  it('hash matches the example of the documentation', () => {
    const payload = {
      transaction: {
        id: 'BBZMiscxy',
        message: 'Paid UGX 5,000 to TECH LIMITED, Trans ID MP210603.1234.L06941.',
        status_code: 'TS',
        airtel_money_id: 'MP210603.1234.L06941',
      },
    };
    const hash = callbackHash(payload, 'a4f48f692d2b4df9acbad7dff60a32a6');
    assert.equal(hash, 'zITVAAGYSlzl1WkUQJn81kbpT5drH3koffT8jCkcJJA=');
  });

  it('settings of a country that Airtel is not in are refused at the start', () => {
    assert.throws(() => rig({ country: 'GB' }), /GB/);
  });
});
