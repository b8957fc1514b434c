import assert from 'node:assert/strict';
import { test } from 'node:test';
import { API_ENV, files, load, problemNames, refusal } from '../../support/config-env.ts';

test('every variable may come from a file, without its last line break', () => {
  const { REFERENCE_SECRET: _, ...env } = API_ENV;
  const config = load(
    { ...env, REFERENCE_SECRET_FILE: '/run/secret', PORT_FILE: '/run/port' },
    { readFile: files({ '/run/secret': `${API_ENV.REFERENCE_SECRET}\n`, '/run/port': '81\r\n' }) },
  );
  assert.equal(config.secrets.reference.reveal().toString(), API_ENV.REFERENCE_SECRET);
  assert.equal(config.listen.port, 81);
});

test('a provider’s variable may come from a file too', () => {
  const { MTN_API_KEY: _, ...env } = API_ENV;
  const config = load(
    { ...env, MTN_API_KEY_FILE: '/run/key' },
    { readFile: files({ '/run/key': 'from-file' }) },
  );
  assert.equal(config.providers[0]?.settings.reveal().MTN_API_KEY, 'from-file');
});

test('a file that cannot be read is a problem of the variable that names it', () => {
  const { REFERENCE_SECRET: _, ...env } = API_ENV;
  const names = problemNames(
    { ...env, REFERENCE_SECRET_FILE: '/nowhere' },
    { readFile: files({}) },
  );
  assert.deepEqual(names, ['REFERENCE_SECRET_FILE', 'REFERENCE_SECRET']);
});

test('a variable and its file together are a problem, not a guess', () => {
  const names = problemNames({ ...API_ENV, PORT: '80', PORT_FILE: '/run/port' });
  assert.deepEqual(names, ['PORT_FILE']);
});

test('the configuration file has the same names, and the environment wins', () => {
  const settings = {
    PORT: 8_000,
    OPS_PORT: '9000',
    SEED_DIALECT: true,
    STATUS_DELAYS_MS: [1_000, 2_000],
    SIM_FAULTS: { rules: [] },
    API_KEY_PEPPER_FILE: '/run/pepper',
    LOG_LEVEL: null,
  };
  const { API_KEY_PEPPER: pepper = '', ...env } = API_ENV;
  const config = load(
    { ...env, CONFIG_FILE: '/etc/gateway.json', PORT: '8001' },
    { readFile: files({ '/etc/gateway.json': JSON.stringify(settings), '/run/pepper': pepper }) },
  );
  assert.equal(config.listen.port, 8_001);
  assert.equal(config.listen.opsPort, 9_000);
  assert.equal(config.seedDialect, true);
  assert.deepEqual(config.timing.statusDelaysMs, [1_000, 2_000]);
  assert.deepEqual(config.simulator.faults, { rules: [] });
  assert.equal(config.secrets.apiKeyPepper.isSet, true);
  assert.equal(config.logLevel, 'info');
});

function withFile(content: unknown) {
  return {
    env: { ...API_ENV, CONFIG_FILE: '/c.json' },
    options: { readFile: files({ '/c.json': JSON.stringify(content) }) },
  };
}

test('a name in the configuration file that nobody reads is a problem', () => {
  const { env, options } = withFile({ BREAKER_VOLUM: 3, PORT: 80, HOME: '/root', __proto__: 1 });
  assert.deepEqual(problemNames(env, options), ['BREAKER_VOLUM', 'HOME']);
});

test('a configuration file that is missing, no JSON or no object is a problem', () => {
  assert.deepEqual(problemNames({ ...API_ENV, CONFIG_FILE: '/x' }, { readFile: files({}) }), [
    'CONFIG_FILE',
  ]);
  for (const content of ['{', '[]', '"text"', '{"markets":{}}', '{"markets":[1]}']) {
    const options = { readFile: files({ '/c.json': content }) };
    const names = problemNames({ ...API_ENV, CONFIG_FILE: '/c.json' }, options);
    assert.deepEqual(names, ['CONFIG_FILE'], content);
  }
});

const UGANDA = {
  provider: 'MTN',
  MTN_COUNTRY: 'UG',
  MTN_CURRENCIES: ['UGX'],
  MTN_BASE_URL: 'https://mtn.example/ug',
  MTN_SUBSCRIPTION_KEY: 'ug-subscription',
  MTN_API_USER: 'b1946ac9-2492-4d23-8b8f-5d0a2f9e7c12',
  MTN_API_KEY: 'ug-key',
  MTN_TARGET_ENVIRONMENT: 'mtnuganda',
};

test('the configuration file adds markets to the one of the environment', () => {
  const { env, options } = withFile({ markets: [UGANDA] });
  const config = load(env, options);
  assert.deepEqual(
    config.providers.map(({ name, settings }) => [name, settings.reveal().MTN_COUNTRY]),
    [
      ['MTN', 'ZM'],
      ['MTN', 'UG'],
    ],
  );
  assert.equal(config.providers[1]?.settings.reveal().MTN_CURRENCIES, 'UGX');
});

test('a market’s problems are named with its place in the list', () => {
  const { MTN_API_KEY: _, ...incomplete } = UGANDA;
  const { env, options } = withFile({
    markets: [incomplete, { ...UGANDA, AIRTEL_COUNTRY: 'UG' }, { provider: 'ORANGE' }],
  });
  assert.deepEqual(problemNames(env, options), [
    'markets[0].MTN_API_KEY',
    'markets[1].AIRTEL_COUNTRY',
    'markets[2].provider',
  ]);
});

test('the same market twice is a problem', () => {
  const { env, options } = withFile({ markets: [UGANDA, UGANDA] });
  assert.match(refusal(env, options).message, /markets\[1\]\.MTN: expected each market once/);
});

test('a provider without a base URL is off', () => {
  const { providers } = load({ ...API_ENV, AIRTEL_COUNTRY: 'ZM' });
  assert.deepEqual(
    providers.map(({ name }) => name),
    ['MTN'],
  );
});

test('in dev the environment wins over a demo value', () => {
  const { providers } = load({ AIRTEL_BASE_URL: 'http://127.0.0.1:1' }, { role: 'dev' });
  const airtel = providers.find(({ name }) => name === 'AIRTEL')?.settings.reveal();
  assert.equal(airtel?.AIRTEL_BASE_URL, 'http://127.0.0.1:1');
  assert.equal(airtel?.AIRTEL_COUNTRY, 'ZM');
});

test('in dev the providers are where the simulators listen', () => {
  const { providers } = load({ SIM_PORT: '9555' }, { role: 'dev' });
  assert.equal(providers[0]?.settings.reveal().MTN_BASE_URL, 'http://127.0.0.1:9555/mtn');
});
