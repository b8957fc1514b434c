import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { inspect } from 'node:util';
import { DEMO_SECRETS } from '../../../src/config/demo-values.ts';
import { ConfigError, type Role } from '../../../src/config.ts';
import { API_ENV, files, load, problemNames, refusal } from '../../support/config-env.ts';

test('role dev needs no variable at all', () => {
  const config = load({}, { role: 'dev' });
  assert.equal(config.database, null);
  assert.equal(config.redis, null);
  assert.equal(config.kafka, null);
  assert.equal(config.timingProfile, 'demo');
  assert.equal(config.seedDialect, true);
  assert.equal(config.demoMerchant, true);
  assert.equal(config.dataDir, './.data');
  assert.deepEqual(
    config.providers.map(({ name }) => name),
    ['MTN', 'AIRTEL'],
  );
  assert.deepEqual(config.listen, {
    host: '127.0.0.1',
    port: 8_080,
    opsHost: '127.0.0.1',
    opsPort: 9_090,
    simPort: 9_100,
    publicUrl: 'http://127.0.0.1:8080',
    trustedProxyHops: 0,
  });
  assert.deepEqual(config.warnings, []);
});

test('role api listens for everybody, with the standard profile and nothing of the demo', () => {
  const config = load(API_ENV);
  assert.equal(config.listen.host, '0.0.0.0');
  assert.equal(config.listen.opsHost, '0.0.0.0');
  assert.equal(config.listen.publicUrl, null);
  assert.equal(config.timingProfile, 'standard');
  assert.equal(config.seedDialect, false);
  assert.equal(config.demoMerchant, false);
  assert.equal(config.dataDir, null);
});

test('all problems are reported at once, by name and never by value', () => {
  const env = {
    ...API_ENV,
    PORT: 'eighty-canary',
    LOG_LEVEL: 'loud-canary',
    REFERENCE_SECRET: 'short-canary',
    ENCRYPTION_KEYS: 'k1:canary',
    MTN_API_USER: 'user-canary',
    DATABASE_URL: 'mysql://root:canary@db/x',
    WORKER_LOOPS: 'relay,canary',
    STATUS_DELAYS_MS: '1,canary',
    SIM_FAULTS: '{canary',
  };
  const error = refusal(env);
  assert.ok(error instanceof ConfigError);
  assert.deepEqual(error.problems.map(({ variable }) => variable).toSorted(), [
    'DATABASE_URL',
    'ENCRYPTION_KEYS',
    'LOG_LEVEL',
    'MTN_API_USER',
    'PORT',
    'REFERENCE_SECRET',
    'SIM_FAULTS',
    'STATUS_DELAYS_MS',
    'WORKER_LOOPS',
  ]);
  for (const { variable } of error.problems) assert.match(error.message, new RegExp(variable));
  assert.doesNotMatch(`${error.message}${inspect(error)}`, /canary/);
});

const NEEDS: [Role, string[]][] = [
  [
    'api',
    [
      'API_KEY_PEPPER',
      'BLIND_INDEX_KEY',
      'DATABASE_URL',
      'ENCRYPTION_KEYS',
      'MTN_BASE_URL or AIRTEL_BASE_URL',
      'REFERENCE_SECRET',
    ],
  ],
  [
    'worker',
    [
      'BLIND_INDEX_KEY',
      'DATABASE_URL',
      'ENCRYPTION_KEYS',
      'KAFKA_BROKERS',
      'MTN_BASE_URL or AIRTEL_BASE_URL',
      'REFERENCE_SECRET',
    ],
  ],
  ['migrate', ['DATABASE_URL']],
  ['verify', ['DATABASE_URL']],
  ['admin', ['DATABASE_URL']],
];

for (const [role, names] of NEEDS) {
  test(`role ${role} names everything that it lacks`, () => {
    assert.deepEqual(problemNames({}, { role }).toSorted(), names);
  });
}

test('role simulators needs nothing, and has the demo market', () => {
  const config = load({}, { role: 'simulators' });
  assert.equal(config.providers.length, 2);
  assert.equal(config.listen.host, '0.0.0.0');
  assert.equal(config.secrets.reference.isSet, false);
});

test('an api without Redis works, with a warning', () => {
  const { redis, warnings } = load({ ...API_ENV, REDIS_URL: '' });
  assert.equal(redis, null);
  assert.match(warnings.join(), /REDIS_URL is not set/);
});

test('production refuses each demo secret by name', () => {
  const names = problemNames({ ...API_ENV, ...DEMO_SECRETS, NODE_ENV: 'production' });
  assert.deepEqual(names, Object.keys(DEMO_SECRETS));
});

test('production finds the demo key behind a key of one’s own', () => {
  const keys = `${API_ENV.ENCRYPTION_KEYS}, ${DEMO_SECRETS.ENCRYPTION_KEYS}`;
  const env = { ...API_ENV, NODE_ENV: 'production', ENCRYPTION_KEYS: keys };
  assert.deepEqual(problemNames(env), ['ENCRYPTION_KEYS']);
});

test('production refuses the simulators’ credentials, failpoints and role dev', () => {
  const env = {
    ...API_ENV,
    NODE_ENV: 'production',
    MTN_API_KEY: 'demo-mtn-api-key',
    FAILPOINTS: 'after-claim',
  };
  assert.deepEqual(problemNames(env), ['MTN_API_KEY', 'FAILPOINTS']);
  assert.ok(problemNames({ NODE_ENV: 'production' }, { role: 'dev' }).includes('NODE_ENV'));
});

test('production wants three copies of each message; elsewhere one is enough, and said', () => {
  const env = { ...API_ENV, KAFKA_BROKERS: 'k1:9092' };
  assert.equal(load({ ...env, NODE_ENV: 'production' }).kafka?.minReplication, 3);
  const config = load(env, { role: 'worker' });
  assert.equal(config.kafka?.minReplication, 1);
  assert.match(config.warnings.join(), /KAFKA_MIN_REPLICATION/);
});

test('secrets print as redacted, wherever they go', () => {
  const config = load(API_ENV);
  const printed = [
    inspect(config, { depth: 20 }),
    JSON.stringify(config),
    String(config.secrets.reference),
  ].join();
  for (const secret of ['pg-secret', 'tests-alone', 'mtn-key', 'BwcHBw', '07 07 07']) {
    assert.ok(!printed.includes(secret), secret);
  }
  assert.equal(config.secrets.reference.reveal().toString(), API_ENV.REFERENCE_SECRET);
  assert.equal(config.database?.password.reveal(), 'pg-secret');
});

test('a secret that the role does not need throws when it is used', () => {
  const { secrets } = load({ DATABASE_HOST: 'db' }, { role: 'migrate' });
  assert.throws(() => secrets.reference.reveal(), /REFERENCE_SECRET is not set for this role/);
});

test('the result is frozen to its depths', () => {
  const config = load(API_ENV);
  assert.throws(() => Object.assign(config.timing.breaker, { volume: 1 }), TypeError);
  assert.throws(() => (config.timing.statusDelaysMs as number[]).push(1), TypeError);
  assert.throws(() => Object.assign(config.database ?? {}, { host: 'x' }), TypeError);
});

test('a list of worker loops is taken in any order', () => {
  assert.deepEqual(load({ ...API_ENV, WORKER_LOOPS: 'settle, relay' }).workerLoops, [
    'relay',
    'settle',
  ]);
});

describe('a market of Airtel without a key for its callbacks', () => {
  const airtel = {
    AIRTEL_COUNTRY: 'ZM',
    AIRTEL_CURRENCIES: 'ZMW',
    AIRTEL_BASE_URL: 'https://airtel.example',
    AIRTEL_CLIENT_ID: 'id',
    AIRTEL_CLIENT_SECRET: 'secret',
  };

  it('is said by an api at its start, and by nobody else', () => {
    const env = { ...API_ENV, ...airtel, KAFKA_BROKERS: 'kafka:9092', KAFKA_MIN_REPLICATION: '3' };
    const [warning, ...others] = load(env).warnings;
    assert.match(warning ?? '', /^AIRTEL_CALLBACK_KEY is not set: .* it is a hint, no outcome$/);
    assert.deepEqual(others, []);
    assert.deepEqual(load(env, { role: 'worker' }).warnings, []);
    assert.deepEqual(load({ ...env, AIRTEL_CALLBACK_KEY: 'key' }).warnings, []);
  });

  it('is named by its place where it stands in the configuration file', () => {
    const markets = [{ provider: 'AIRTEL', ...airtel }];
    const readFile = files({ '/gateway.json': JSON.stringify({ markets }) });
    const { warnings } = load({ ...API_ENV, CONFIG_FILE: '/gateway.json' }, { readFile });
    assert.match(warnings.join(), /^markets\[0\]\.AIRTEL_CALLBACK_KEY is not set/);
  });
});
