import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { runRole } from '../../scripts/servers/child-process.ts';
import { productionEnvironment } from '../../scripts/servers/role-environment.ts';

const GOOD: Record<string, string> = {
  ...productionEnvironment({
    servers: {
      redisUrl: 'redis://127.0.0.1:1',
      kafkaBrokers: '127.0.0.1:1',
      databaseUrl: 'postgres://gateway:canary-password@127.0.0.1:1/gateway',
    },
    simPort: 1,
    publicUrl: 'http://127.0.0.1:1',
  }),
};

/** Each value is wrong in its own way, and none of them may be shown. */
const BAD: Record<string, string> = {
  PORT: 'canary-port',
  DATABASE_URL: 'mysql://gateway:canary-database@db/x',
  REFERENCE_SECRET: 'canary-too-short',
  ENCRYPTION_KEYS: 'k1:canary-not-base64',
  LEASE_MS: 'canary-lease',
};

async function refusal(role: string, env: Record<string, string>) {
  const { code, output } = await runRole(role, env);
  return { code, output };
}

function without(...names: string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(GOOD).filter(([name]) => !names.includes(name)));
}

describe('a configuration that is not valid', { concurrency: 2 }, () => {
  for (const [name, value] of Object.entries(BAD).slice(0, 2)) {
    it(`names ${name} alone, ends with 2, and shows no value`, async () => {
      const { code, output } = await refusal('api', { ...GOOD, [name]: value });
      assert.equal(code, 2);
      assert.match(output, new RegExp(`^ {2}${name}: expected `, 'm'));
      assert.equal(output.match(/: expected /g)?.length, 1, output);
      assert.doesNotMatch(output, /canary/);
    });
  }

  it('names all five at once, ends with 2, and shows no value', async () => {
    const { code, output } = await refusal('api', { ...GOOD, ...BAD });
    assert.equal(code, 2);
    for (const name of Object.keys(BAD)) {
      assert.match(output, new RegExp(`^ {2}${name}: expected `, 'm'));
    }
    assert.doesNotMatch(output, /canary/);
    assert.doesNotMatch(output, /\bat .*\.ts:\d+/);
  });

  it('names what a role cannot be without', async () => {
    const api = await refusal('api', without('DATABASE_URL', 'API_KEY_PEPPER'));
    assert.equal(api.code, 2);
    assert.match(api.output, /DATABASE_URL.*Postgres/);
    assert.match(api.output, /API_KEY_PEPPER/);
    const worker = await refusal('worker', without('KAFKA_BROKERS'));
    assert.equal(worker.code, 2);
    assert.match(worker.output, /KAFKA_BROKERS/);
  });

  it('production refuses demo secrets, failpoints and role dev', async () => {
    const demo = { REFERENCE_SECRET: 'demo-reference-secret-which-is-public' };
    const api = await refusal('api', { ...GOOD, ...demo, FAILPOINTS: 'before-send' });
    assert.equal(api.code, 2);
    assert.match(api.output, /REFERENCE_SECRET/);
    assert.match(api.output, /FAILPOINTS/);
    assert.doesNotMatch(api.output, /demo-reference/);
    const dev = await refusal('dev', { NODE_ENV: 'production' });
    assert.equal(dev.code, 2);
    assert.match(dev.output, /NODE_ENV/);
  });

  it('a role that does not exist is told so, with those that do', async () => {
    const { code, output } = await refusal('apy', GOOD);
    assert.equal(code, 2);
    assert.match(output, /apy/);
    assert.match(output, /worker/);
  });
});

describe('a port that is taken', () => {
  it('is an error that names its variable', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as { port: number };
      const env = { ...GOOD, NODE_ENV: 'test', SIM_PORT: String(port) };
      const { code, output } = await refusal('simulators', env);
      assert.equal(code, 1);
      assert.match(output, /SIM_PORT/);
      assert.match(output, new RegExp(String(port)));
      assert.doesNotMatch(output, /\bat .*\.ts:\d+/);
    } finally {
      server.close();
    }
  });
});
