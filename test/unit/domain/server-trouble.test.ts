import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { explained, type ServerName, troubleOf } from '../../../src/domain/server-trouble.ts';

/** As the drivers and Node print them; the servers' own are met in test/component. */
const coded = (code: string, message = '') => Object.assign(new Error(message), { code });
const kafkaError = (apiId: string) => Object.assign(new Error('refused'), { apiId });

const TOLD: [ServerName, Error, string, boolean][] = [
  [
    'database',
    coded('SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain'),
    "the database's certificate is not signed by an authority that we know (DATABASE_CA)",
    true,
  ],
  [
    'redis',
    coded('ERR_TLS_CERT_ALTNAME_INVALID'),
    "Redis's certificate is for another host (REDIS_HOST)",
    true,
  ],
  [
    'kafka',
    coded('ERR_TLS_CERT_ALTNAME_INVALID'),
    "Kafka's certificate is for another host (KAFKA_BROKERS)",
    true,
  ],
  [
    'redis',
    coded('CERT_HAS_EXPIRED'),
    "Redis's certificate has expired or is not valid yet: renew it there, or set this clock",
    false,
  ],
  [
    'database',
    new Error('The server does not support SSL connections'),
    'the database does not speak TLS at this port (DATABASE_TLS, DATABASE_PORT)',
    true,
  ],
  [
    'database',
    coded(
      '28000',
      'no pg_hba.conf entry for host "10.0.0.9", user "u", database "d", no encryption',
    ),
    'the database wants TLS (DATABASE_TLS)',
    true,
  ],
  [
    'database',
    coded('28000', 'role "u" is not permitted to log in'),
    'the database does not let this user in from here (DATABASE_USER)',
    false,
  ],
  [
    'database',
    coded('28P01', 'password authentication failed for user "canary"'),
    'the database refuses the user or the password (DATABASE_USER, DATABASE_PASSWORD)',
    false,
  ],
  [
    'database',
    new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'),
    'the database wants a password, and has none from us (DATABASE_USER, DATABASE_PASSWORD)',
    true,
  ],
  [
    'database',
    coded('3D000', 'database "canary" does not exist'),
    'the database server has no database of this name (DATABASE_NAME)',
    false,
  ],
  [
    'redis',
    new Error('WRONGPASS invalid username-password pair or user is disabled.'),
    'Redis refuses the user or the password (REDIS_USER, REDIS_PASSWORD)',
    false,
  ],
  [
    'redis',
    new Error("NOPERM this user has no permissions to run the 'set' command"),
    'Redis does not allow this user what the gateway needs (REDIS_USER)',
    false,
  ],
  [
    'kafka',
    kafkaError('SASL_AUTHENTICATION_FAILED'),
    'Kafka refuses the user or the password (KAFKA_USER, KAFKA_PASSWORD)',
    false,
  ],
  [
    'kafka',
    kafkaError('UNSUPPORTED_SASL_MECHANISM'),
    'Kafka does not take this way to log in (KAFKA_SASL_MECHANISM)',
    true,
  ],
  [
    'kafka',
    kafkaError('TOPIC_AUTHORIZATION_FAILED'),
    'Kafka does not allow this user what the gateway needs (KAFKA_USER)',
    false,
  ],
  [
    'kafka',
    coded('ENOTFOUND', 'getaddrinfo ENOTFOUND canary.internal'),
    "Kafka's host name is unknown (KAFKA_BROKERS)",
    false,
  ],
];

describe('trouble with a server', () => {
  for (const [server, error, reason, lasting] of TOLD) {
    test(`is told as: ${reason}`, () => {
      assert.deepEqual(troubleOf(server, error), { reason, lasting });
      assert.doesNotMatch(reason, /canary/);
    });
  }

  test('is found in causes and in lists of tries, however deep', () => {
    const tries = [new Error('closed'), new Error('failed', { cause: coded('CERT_UNTRUSTED') })];
    const error = new Error('lost', { cause: new AggregateError(tries, 'failed 4 times') });
    assert.match(troubleOf('kafka', error)?.reason ?? '', /KAFKA_CA/);
    assert.match(`${explained('kafka', error)}`, /KAFKA_CA/);
    assert.equal((explained('kafka', error) as Error).cause, error);
  });

  test('that is an outage, or no error at all, points at no setting', () => {
    const looped = new Error('looped');
    looped.cause = looped;
    for (const error of [coded('ECONNREFUSED'), coded('57P03'), looped, undefined, null, 'text']) {
      assert.equal(troubleOf('database', error), undefined);
      assert.equal(explained('database', error), error);
    }
  });
});
