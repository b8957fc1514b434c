import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { API_ENV, load, problemNames } from '../../support/config-env.ts';

const { DATABASE_URL: _url, REDIS_URL: _redis, ...BARE } = API_ENV;

function database(env: Record<string, string>) {
  const { password, ...rest } = load({ ...BARE, ...env }).database ?? assert.fail('no database');
  return { ...rest, password: password.isSet ? password.reveal() : null };
}

const LIMITS = { poolMax: 16, statementTimeoutMs: 5_000 };

test('a database URL and its parts mean the same', () => {
  const expected = {
    host: 'db',
    port: 5_433,
    database: 'payments',
    user: 'app',
    password: 'p@ss/word',
    tls: { rejectUnauthorized: true },
    ...LIMITS,
  };
  const url = 'postgres://app:p%40ss%2Fword@db:5433/payments?sslmode=verify-full';
  assert.deepEqual(database({ DATABASE_URL: url }), expected);
  const parts = {
    DATABASE_HOST: 'db',
    DATABASE_PORT: '5433',
    DATABASE_NAME: 'payments',
    DATABASE_USER: 'app',
    DATABASE_PASSWORD: 'p@ss/word',
    DATABASE_TLS: 'true',
  };
  assert.deepEqual(database(parts), expected);
});

test('a part wins over the URL', () => {
  const found = database({
    DATABASE_URL: 'postgresql://app@db/payments?sslmode=require',
    DATABASE_PASSWORD: 'secret',
    DATABASE_TLS: 'false',
  });
  assert.equal(found.password, 'secret');
  assert.equal(found.tls, null);
  assert.equal(found.port, 5_432);
});

test('a database may be a socket, or an IPv6 address', () => {
  const socket = database({ DATABASE_URL: 'postgres:///payments?host=/run/postgresql' });
  assert.equal(socket.host, '/run/postgresql');
  assert.equal(socket.user, 'gateway');
  assert.equal(database({ DATABASE_URL: 'postgres://[::1]:5432/x' }).host, '::1');
});

test('what a URL says and we do not understand is refused', () => {
  for (const url of [
    'db:5432',
    'http://db/x',
    'postgres://db/x?sslmode=prefer',
    'postgres://db/x?application_name=me',
    'postgres://app:%zz@db/x',
  ]) {
    const names = new Set(problemNames({ ...BARE, DATABASE_URL: url }));
    assert.deepEqual([...names], ['DATABASE_URL'], url);
  }
});

test('an authority of one’s own is used for TLS, and must look like one', () => {
  const pem = '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----';
  const env = { DATABASE_HOST: 'db', DATABASE_TLS: 'true', DATABASE_CA: pem };
  assert.deepEqual(database(env).tls, { ca: pem, rejectUnauthorized: true });
  assert.deepEqual(problemNames({ ...BARE, ...env, DATABASE_CA: 'x' }), ['DATABASE_CA']);
});

test('amazon-rds stands for the authorities of Amazon’s databases, and for those alone', () => {
  const env = { DATABASE_HOST: 'db', DATABASE_TLS: 'true', DATABASE_CA: 'amazon-rds' };
  const { ca = '', rejectUnauthorized } = database(env).tls ?? {};
  assert.equal(rejectUnauthorized, true);
  const certificates = ca.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const authorities = certificates.map((pem) => new X509Certificate(pem));
  assert.ok(authorities.every((one) => one.ca && /Amazon|Starfield/.test(one.subject)));
  const here = authorities.find(({ subject }) => /RDS eu-west-1 Root CA RSA2048 G1/.test(subject));
  assert.ok(here && Date.parse(here.validTo) > Date.parse('2060-01-01'));
  const redis = { REDIS_HOST: 'cache', REDIS_CA: 'amazon-rds' };
  assert.deepEqual(problemNames({ ...BARE, DATABASE_HOST: 'db', ...redis }), ['REDIS_CA']);
  assert.deepEqual(problemNames({ ...BARE, ...env, DATABASE_CA: 'amazon-s3' }), ['DATABASE_CA']);
});

test('every printable character of a password arrives, in a part and in a URL', () => {
  const password = String.fromCharCode(...Array.from({ length: 95 }, (_, i) => 32 + i));
  assert.equal(database({ DATABASE_HOST: 'db', DATABASE_PASSWORD: password }).password, password);
  const url = `postgres://app:${encodeURIComponent(password)}@db/payments`;
  assert.equal(database({ DATABASE_URL: url }).password, password);
  const { redis, kafka } = load({
    ...API_ENV,
    REDIS_PASSWORD: password,
    KAFKA_BROKERS: 'k1:9096',
    KAFKA_USER: 'app',
    KAFKA_PASSWORD: password,
  });
  assert.equal(redis?.password.reveal(), password);
  assert.equal(kafka?.sasl?.password.reveal(), password);
});

test('rediss means TLS, redis does not', () => {
  const redis = (url: string) => load({ ...API_ENV, REDIS_URL: url }).redis;
  assert.equal(redis('redis://cache:7000')?.tls, null);
  assert.equal(redis('redis://cache:7000')?.port, 7_000);
  assert.deepEqual(redis('rediss://cache')?.tls, { rejectUnauthorized: true });
  assert.equal(redis('rediss://app:word@cache')?.user, 'app');
  assert.equal(redis('redis://:word@cache/0')?.password.reveal(), 'word');
});

test('a Redis database number is refused: nothing would use it', () => {
  assert.deepEqual(problemNames({ ...API_ENV, REDIS_URL: 'redis://cache/2' }), ['REDIS_URL']);
});

test('Kafka comes as a list of brokers, or as one host', () => {
  const kafka = (env: Record<string, string>) => load({ ...API_ENV, ...env }).kafka;
  assert.deepEqual(kafka({ KAFKA_BROKERS: 'k1:9092, k2:9093' })?.brokers, ['k1:9092', 'k2:9093']);
  assert.deepEqual(kafka({ KAFKA_HOST: 'k1' })?.brokers, ['k1:9092']);
  assert.equal(kafka({}), null);
  assert.deepEqual(problemNames({ ...API_ENV, KAFKA_BROKERS: 'k1' }), ['KAFKA_BROKERS']);
});

test('a prefix of keys in Redis gets its colon, and is none by default', () => {
  const env = { ...API_ENV, REDIS_URL: 'redis://cache.internal:6379' };
  assert.equal(load(env).redis?.keyPrefix, '');
  assert.equal(load({ ...env, REDIS_KEY_PREFIX: 'staging' }).redis?.keyPrefix, 'staging:');
  for (const prefix of ['staging:', 'a b', '*', 'x'.repeat(41)]) {
    assert.deepEqual(problemNames({ ...env, REDIS_KEY_PREFIX: prefix }), ['REDIS_KEY_PREFIX']);
  }
});

test('a topic prefix gets its dot, and takes only what Kafka takes', () => {
  const env = { ...API_ENV, KAFKA_BROKERS: 'k1:9092' };
  assert.equal(load(env).kafka?.topicPrefix, '');
  assert.equal(load({ ...env, KAFKA_TOPIC_PREFIX: 'staging' }).kafka?.topicPrefix, 'staging.');
  for (const prefix of ['staging.', 'a b', 'x'.repeat(41)]) {
    const names = problemNames({ ...env, KAFKA_TOPIC_PREFIX: prefix });
    assert.deepEqual(names, ['KAFKA_TOPIC_PREFIX'], prefix);
  }
});

test('a Kafka user means SASL, and needs a password', () => {
  const env = { ...API_ENV, KAFKA_BROKERS: 'k1:9096', KAFKA_USER: 'app' };
  assert.deepEqual(problemNames(env), ['KAFKA_PASSWORD']);
  const sasl = load({ ...env, KAFKA_PASSWORD: 'word' }).kafka?.sasl;
  assert.equal(sasl?.mechanism, 'SCRAM-SHA-512');
  assert.equal(sasl?.username, 'app');
  assert.equal(sasl?.password.reveal(), 'word');
});

test('a server without TLS in production is said at start', () => {
  const { warnings } = load({ ...API_ENV, NODE_ENV: 'production' });
  assert.deepEqual(warnings, ['DATABASE_TLS is off in production']);
});
