import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { runRole, startRole } from '../../scripts/servers/child-process.ts';
import type { ManagedProcess } from '../../scripts/servers/managed-process.ts';
import { freePort } from '../../scripts/servers/ports.ts';
import {
  createMerchantKey,
  productionEnvironment,
} from '../../scripts/servers/role-environment.ts';
import { testServers } from '../chaos/fleet.ts';
import { eventually } from '../support/eventually.ts';
import { readTopic, withAdmin } from '../support/kafka.ts';
import { call } from '../support/simulators.ts';

const WALLET = '+260975553331';

/** One gateway from nothing, in the order in which the tests stand. */
describe('a first start on empty servers', () => {
  const name = `first_${randomBytes(6).toString('hex')}`;
  const servers = testServers();
  const brokers = servers.kafkaBrokers.split(',');
  const roles: ManagedProcess[] = [];
  let env: Record<string, string>;
  let apiUrl: string;
  let key: string;

  const start = async (
    role: string,
    over: Record<string, string> = {},
    onLine: (line: string) => void = () => {},
  ) => {
    const managed = await startRole(role, { ...env, ...over }, { onLine });
    roles.push(managed);
    return managed;
  };
  const inDatabase = async (url: string, statement: string) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return await client.query(statement).finally(() => client.end());
  };

  before(async () => {
    await inDatabase(servers.databaseUrl, `create database ${name}`);
    const url = new URL(servers.databaseUrl);
    url.pathname = `/${name}`;
    const port = await freePort();
    apiUrl = `http://127.0.0.1:${port}`;
    env = {
      ...productionEnvironment({
        servers: { ...servers, databaseUrl: url.href },
        simPort: await freePort(),
        publicUrl: apiUrl,
      }),
      NODE_ENV: 'test',
      PORT: String(port),
      OPS_PORT: String(await freePort()),
      KAFKA_TOPIC_PREFIX: name,
      KAFKA_PARTITIONS: '3',
      FIRST_STATUS_QUERY_MS: '100',
      SIM_SETTLE_MS: '100',
    };
  });
  after(async () => {
    await Promise.all(roles.map((role) => role.stop()));
    await withAdmin(brokers, async (admin) => {
      const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(`${name}.`));
      if (topics.length > 0) await admin.deleteTopics({ topics });
    });
    await inDatabase(servers.databaseUrl, `drop database ${name} with (force)`);
  });

  it('an api waits for the schema, which three migrations at once make once', async () => {
    const waiting = Promise.withResolvers<void>();
    const starting = start('api', {}, (line) => {
      if (line.includes('run `migrate`')) waiting.resolve();
    });
    const listens = () => call(`${apiUrl}/healthz`).then(({ status }) => status);
    await Promise.race([waiting.promise, starting]);
    await assert.rejects(listens());
    const results = await Promise.all(Array.from({ length: 3 }, () => runRole('migrate', env)));
    for (const { code, output } of results) assert.equal(code, 0, output);
    const applied = results.filter(({ output }) => output.includes('schema: applied'));
    assert.equal(applied.length, 1);
    const { rows } = await inDatabase(
      env.DATABASE_URL as string,
      'select count(*)::integer as n, count(distinct name)::integer as names from schema_migrations',
    );
    assert.equal(rows[0].n, rows[0].names);
    await starting;
    assert.equal(await listens(), 200);
  });

  it('migrate once more changes nothing', async () => {
    const { code, output } = await runRole('migrate', env);
    assert.equal(code, 0);
    assert.match(output, /schema: up to date\n(.*\n)*topics: up to date/);
  });

  it('a merchant gets a key, and a payment goes all the way over Kafka', async () => {
    await Promise.all([
      start('simulators'),
      start('worker', { OPS_PORT: String(await freePort()) }),
    ]);
    const runAdmin = async (...args: string[]) => {
      const { code, output } = await runRole('admin', env, { args });
      assert.equal(code, 0, output);
      return output;
    };
    key = await createMerchantKey(runAdmin, name.replace('_', '-'));
    const authorization = `Bearer ${key}`;
    const answer = await call(`${apiUrl}/v1/pay`, {
      method: 'POST',
      headers: {
        authorization,
        'content-type': 'application/json',
        'idempotency-key': 'first-payment',
      },
      body: JSON.stringify({ amount: '20.00', currency: 'ZMW', payer: { msisdn: WALLET } }),
    });
    assert.equal(answer.status, 202, answer.text);
    const { id } = answer.json;
    await eventually(async () => {
      const { json } = await call(`${apiUrl}/v1/payments/${id}`, { headers: { authorization } });
      assert.equal(json.status, 'SUCCEEDED');
    });
    const events = await eventually(async () => {
      const records = await readTopic(brokers, `${name}.payments.events`);
      assert.equal(records.length, 2);
      return records.map(({ value }) => JSON.parse(value));
    });
    assert.deepEqual(
      events.map(({ subject, type, sequence }) => [subject, type, sequence]),
      [
        [id, 'payment.accepted', '1'],
        [id, 'payment.succeeded', '2'],
      ],
    );
  });

  it('nobody’s number stands on Kafka in clear', async () => {
    for (const plain of ['payments.jobs', 'payments.events']) {
      const records = await readTopic(brokers, `${name}.${plain}`);
      assert.ok(records.length > 0);
      for (const { key: messageKey, value, headers } of records) {
        const text = `${messageKey} ${value} ${JSON.stringify(headers)}`;
        assert.doesNotMatch(text, new RegExp(WALLET.slice(4)));
      }
    }
  });

  it('verify agrees, and nothing that was logged shows the key or the number', async () => {
    const args = ['--simulators', `http://127.0.0.1:${env.SIM_PORT}`];
    const { code, output } = await runRole('verify', env, { args });
    assert.equal(code, 0, output);
    assert.match(output, /SUCCEEDED 1/);
    const logs = roles.map((role) => role.output()).join('\n');
    assert.match(logs, /"message":"request"/);
    for (const canary of [key, WALLET.slice(4), new URL(env.DATABASE_URL as string).password]) {
      assert.ok(!logs.includes(canary), canary);
    }
  });

  it('a second api on the same ports is refused, and told which variable', async () => {
    const second = await runRole('api', env);
    assert.equal(second.code, 1);
    assert.match(second.output, /OPS_PORT.*taken/);
    const third = await runRole('api', { ...env, OPS_PORT: String(await freePort()) });
    assert.equal(third.code, 1);
    assert.match(third.output, /(?<!OPS_)PORT.*taken/);
  });
});
