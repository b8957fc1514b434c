import assert from 'node:assert/strict';
import { test } from 'node:test';
import { API_ENV, load, refusal } from '../../support/config-env.ts';

const AIRTEL = {
  AIRTEL_COUNTRY: 'ZM',
  AIRTEL_CURRENCIES: 'ZMW',
  AIRTEL_BASE_URL: 'https://airtel.example',
  AIRTEL_CLIENT_ID: 'airtel-client',
  AIRTEL_CLIENT_SECRET: 'airtel-secret',
  AIRTEL_CALLBACK_KEY: 'airtel-callback',
};
const env = { ...API_ENV, ...AIRTEL };

test('without the setting no payment goes to another provider', () => {
  assert.deepEqual(load(env).failover, {});
});

test('AMB-2 an order names the operator first, and then who stands in for it', () => {
  const { failover } = load({ ...env, FAILOVER: 'MTN>AIRTEL, AIRTEL>MTN' });
  assert.deepEqual(failover, { MTN: ['AIRTEL'], AIRTEL: ['MTN'] });
});

test('an order that cannot be read is refused, by name and never by value', () => {
  const wrong = ['MTN', 'MTN>', '>MTN', 'mtn>airtel', 'MTN>AIRTEL,', 'MTN>AIRTEL>MTN', 'MTN>MTN'];
  for (const FAILOVER of [...wrong, 'MTN>AIRTEL,MTN>AIRTEL', 'MTN AIRTEL']) {
    const { problems } = refusal({ ...env, FAILOVER });
    assert.deepEqual(
      problems.map(({ variable }) => variable),
      ['FAILOVER'],
      FAILOVER,
    );
  }
});

test('providers that are not configured, or that share nothing, are named at start', () => {
  const unknown = refusal({ ...env, FAILOVER: 'MTN>TIGO' });
  assert.match(unknown.message, /FAILOVER: expected providers that are configured: MTN, AIRTEL/);
  const apart = { FAILOVER: 'MTN>AIRTEL' };
  for (const other of [{ AIRTEL_COUNTRY: 'UG' }, { AIRTEL_CURRENCIES: 'UGX' }]) {
    const { problems } = refusal({ ...env, ...other, ...apart });
    assert.match(problems.at(-1)?.expected ?? '', /share a market and a currency/);
  }
});
