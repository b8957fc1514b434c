/** Every server as managed ones are: TLS alone, a user and a password for each, and an owner who is no superuser. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import pg from 'pg';
import { runRole, startRole } from '../../scripts/servers/child-process.ts';
import type { ManagedProcess } from '../../scripts/servers/managed-process.ts';
import { freePort } from '../../scripts/servers/ports.ts';
import {
  createMerchantKey,
  productionEnvironment,
} from '../../scripts/servers/role-environment.ts';
import { openKafka } from '../../src/composition/kafka.ts';
import { loadConfig } from '../../src/config.ts';
import { TOPICS } from '../../src/domain/event.ts';
import type { EventBus } from '../../src/domain/ports.ts';
import { makeMetrics } from '../../src/metrics.ts';
import { systemClock, systemIds } from '../../src/system.ts';
import { collector, message } from '../support/bus-harness.ts';
import { eventually } from '../support/eventually.ts';
import { setScramUser } from '../support/kafka.ts';
import { randomName, recordingLogger } from '../support/messaging.ts';
import { call } from '../support/simulators.ts';
import { EVERY_CHARACTER, startTlsServer, type TlsServer } from '../support/tls-servers.ts';

type Env = Record<string, string>;

const REFUSED = 'Kafka refuses the user or the password (KAFKA_USER, KAFKA_PASSWORD)';

describe('servers that demand TLS and a password', () => {
  const owned = new AsyncDisposableStack();
  let postgres: TlsServer;
  let redis: TlsServer;
  let kafka: TlsServer;
  let env: Env;

  before(async () => {
    [postgres, redis, kafka] = await Promise.all([
      startTlsServer('postgres').then((server) => owned.use(server)),
      startTlsServer('redis').then((server) => owned.use(server)),
      startTlsServer('kafka').then((server) => owned.use(server)),
    ]);
    const port = await freePort();
    env = {
      ...productionEnvironment({
        servers: { databaseUrl: '', redisUrl: '', kafkaBrokers: '' },
        simPort: await freePort(),
        publicUrl: `http://127.0.0.1:${port}`,
      }),
      PORT: `${port}`,
      OPS_PORT: '0',
      // By parts, as the JSON of managed secrets gives them, with every character that may stand in one.
      ...{ DATABASE_HOST: 'localhost', DATABASE_PORT: `${postgres.port}`, DATABASE_TLS: 'true' },
      ...{ DATABASE_NAME: 'payments', DATABASE_CA: postgres.authority },
      ...{ DATABASE_USER: 'gateway_1', DATABASE_PASSWORD: EVERY_CHARACTER },
      ...{ REDIS_HOST: 'localhost', REDIS_PORT: `${redis.port}`, REDIS_TLS: 'true' },
      ...{ REDIS_CA: redis.authority, REDIS_USER: 'gateway', REDIS_PASSWORD: EVERY_CHARACTER },
      ...{ KAFKA_BROKERS: `localhost:${kafka.port}`, KAFKA_TLS: 'true', KAFKA_PARTITIONS: '2' },
      ...{ KAFKA_CA: kafka.authority, KAFKA_USER: 'gateway_1', KAFKA_PASSWORD: EVERY_CHARACTER },
      TIMING_PROFILE: 'demo',
      FIRST_STATUS_QUERY_MS: '100',
    };
  });
  after(() => owned.disposeAsync());

  describe('take a gateway from nothing to a settled payment', () => {
    const roles: ManagedProcess[] = [];
    after(() => Promise.all(roles.map((role) => role.stop())));
    const start = async (role: string, over: Env = {}) => {
      roles.push(await startRole(role, { ...env, ...over }));
    };

    before(async () => {
      const client = new pg.Client({
        ...{ host: 'localhost', port: postgres.port, user: postgres.user },
        ...{ password: postgres.password, database: 'postgres', ssl: { ca: postgres.authority } },
      });
      await client.connect();
      await client.query("create role owner login createrole password 'owner-password'");
      await client.query('create database payments owner owner');
      await client.end();
      const { port, password, authority: ca } = redis;
      const admin = new Redis({ host: 'localhost', port, password, tls: { ca } });
      await admin.acl('SETUSER', 'gateway', 'on', `>${EVERY_CHARACTER}`, '~*', '&*', '+@all');
      admin.disconnect();
      await setScramUser(kafka, 'gateway_1', EVERY_CHARACTER);
    });

    it('migrate makes schema, role and topics, many at once', async () => {
      const asOwner = {
        ...env,
        ...{ DATABASE_USER: 'owner', DATABASE_PASSWORD: 'owner-password' },
        ...{ DATABASE_APP_USER: 'gateway_1', DATABASE_APP_PASSWORD: EVERY_CHARACTER },
      };
      const results = await Promise.all([1, 2].map(() => runRole('migrate', asOwner)));
      for (const { code, output } of results) {
        assert.equal(code, 0, output);
        assert.match(output, /^role: gateway_1 may log in.*\ntopics: up to date$/m);
      }
    });

    it('api, worker, admin and verify run as that role, and settle a payment', async () => {
      const opsPorts = [await freePort(), await freePort()];
      await Promise.all([
        start('simulators'),
        start('api', { OPS_PORT: `${opsPorts[0]}` }),
        start('worker', { OPS_PORT: `${opsPorts[1]}` }),
      ]);
      const command = async (role: string, ...args: string[]) => {
        const { code, output } = await runRole(role, env, { args });
        assert.equal(code, 0, output);
        return output;
      };
      const key = await createMerchantKey((...args) => command('admin', ...args), 'shop');
      const url = `http://127.0.0.1:${env.PORT}/v1`;
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const paid = await call(`${url}/pay`, {
        method: 'POST',
        headers: { ...headers, 'idempotency-key': 'over-tls' },
        body: '{"amount":"20.00","currency":"ZMW","payer":{"msisdn":"+260975553331"}}',
      });
      assert.equal(paid.status, 202, paid.text);
      await eventually(async () => {
        const { json } = await call(`${url}/payments/${paid.json.id}`, { headers });
        assert.equal(json.status, 'SUCCEEDED');
      });
      await eventually(async () =>
        assert.match(await command('verify'), /messages that wait: 0;[\s\S]*all books agree/),
      );
    });

    it('nothing that they logged shows a password, or a server without TLS', () => {
      const logs = roles.map((role) => role.output()).join('\n');
      assert.match(logs, /redis connected/);
      assert.doesNotMatch(logs, /_TLS is off/);
      assert.ok(!logs.includes(EVERY_CHARACTER) && !logs.includes(JSON.stringify(EVERY_CHARACTER)));
    });

    it('a worker whose authority of Kafka is wrong ends with 1, and names the setting', async () => {
      const { code, output } = await runRole('worker', { ...env, KAFKA_CA: kafka.otherAuthority });
      assert.equal(code, 1);
      const reason = "Kafka's certificate is not signed by an authority that we know (KAFKA_CA)";
      assert.ok(output.split('\n').includes(reason), output);
    });

    it('an api whose authority of the database is wrong ends with 1, and names the setting', async () => {
      const wrong = { ...env, DATABASE_CA: postgres.otherAuthority };
      const { code, output } = await runRole('api', wrong);
      assert.equal(code, 1);
      assert.match(output, /^the database's certificate is not signed by an .*\(DATABASE_CA\)$/m);
    });
  });

  describe('Kafka with TLS and SCRAM', () => {
    const group = 'rotation';
    const topic = TOPICS.events;

    const partsOf = (over: Env) => {
      const config = loadConfig({ ...env, ...over }, { role: 'migrate' });
      const { logger, lines } = recordingLogger();
      const metrics = makeMetrics({ processMetrics: false });
      return { parts: { config, logger, metrics, clock: systemClock, ids: systemIds }, lines };
    };
    const open = async (over: Env) => {
      const { parts, lines } = partsOf(over);
      const bus = await openKafka(parts);
      owned.defer(() => bus.close());
      return { bus, lines };
    };
    const refusal = async (over: Env) => {
      const { parts, lines } = partsOf(over);
      let slept = 0;
      // The minute passes with the first pause.
      const clock = {
        ...systemClock,
        monotonicMs: () => slept * 61_000,
        sleep: async () => void slept++,
      };
      const error = await openKafka({ ...parts, clock }).catch((reason: Error) => reason);
      return { message: (error as Error).message, slept, told: lines.map((line) => line.message) };
    };

    for (const [what, over, reason] of [
      [
        'a host that is not in the certificate',
        () => ({ KAFKA_BROKERS: `127.0.0.1:${kafka.port}` }),
        "Kafka's certificate is for another host (KAFKA_BROKERS)",
      ],
      [
        'another way to log in',
        () => ({ KAFKA_SASL_MECHANISM: 'PLAIN' }),
        'Kafka does not take this way to log in (KAFKA_SASL_MECHANISM)',
      ],
    ] as const) {
      it(`refuses ${what}, at once: ${reason}`, async () => {
        assert.deepEqual(await refusal(over()), { message: reason, slept: 0, told: [] });
      });
    }

    it('a wrong password is said at once, waited for as long as for a broker, and ends the start', async () => {
      const { message: last, slept, told } = await refusal({ KAFKA_PASSWORD: 'canary' });
      assert.equal(last, REFUSED);
      assert.deepEqual(told, [`waiting: ${REFUSED}`]);
      assert.equal(slept, 1);
    });

    it('migrate does not wait for what will not come', async () => {
      const owner = { DATABASE_USER: 'owner', DATABASE_PASSWORD: 'owner-password' };
      const wrong = { ...env, ...owner, KAFKA_PASSWORD: 'canary' };
      const { code, output } = await runRole('migrate', wrong, { timeoutMs: 20_000 });
      assert.equal(code, 1);
      assert.ok(output.split('\n').includes(REFUSED), output);
      assert.doesNotMatch(output, /canary/);
    });

    it('rotates with two users: both publish and read, until the first is gone, and the log says why', async () => {
      const password = randomName('second-password-');
      // Who is cut off cannot leave the group: its next session waits until the last one is missed.
      const old = await open({ KAFKA_SESSION_MS: '6000' });
      const { seen, handle } = collector();
      await old.bus.subscribe({ group, topic, handle });
      await setScramUser(kafka, 'gateway_2', password);
      const fresh = await open({ KAFKA_USER: 'gateway_2', KAFKA_PASSWORD: password });

      kafka.cut();
      await published(old.bus, 'old, after a cut');
      await published(fresh.bus, 'new');
      await eventually(() => assert.ok(seen.length >= 2), { timeoutMs: 20_000 });

      await setScramUser(kafka, 'gateway_1', null);
      kafka.cut();
      await published(fresh.bus, 'new, alone');
      await eventually(() =>
        assert.rejects(old.bus.publish([message(topic, 'k', '"refused"')]), { message: REFUSED }),
      );
      await eventually(() => {
        const told = old.lines.filter((line) => /a Kafka session broke/.test(line.message));
        assert.ok(told.some(({ fields }) => (fields.error as Error).message === REFUSED));
      });

      // And back: it goes on by itself.
      await setScramUser(kafka, 'gateway_1', EVERY_CHARACTER);
      await published(old.bus, 'old, again');
      await eventually(() => assert.ok(seen.some(({ value }) => value?.includes('old, again'))), {
        timeoutMs: 60_000,
      });
    });

    /** The first try after a cut may meet a connection that is gone; the relay tries again, too. */
    const published = (bus: EventBus, what: string) =>
      eventually(() => bus.publish([message(topic, 'k', JSON.stringify(what))]));
  });
});
