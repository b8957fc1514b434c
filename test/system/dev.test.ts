import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFile, chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runRole, startRole } from '../../scripts/servers/child-process.ts';
import type { ManagedProcess } from '../../scripts/servers/managed-process.ts';
import { freePort } from '../../scripts/servers/ports.ts';
import { eventually } from '../support/eventually.ts';
import { call } from '../support/simulators.ts';

/** One folder through its life, in the order in which the tests stand. */
describe('role dev on a folder of its own', () => {
  let folder: string;
  let env: Record<string, string>;
  let dev: ManagedProcess;
  let url: string;
  let paid: string;

  const get = async (id: string) => (await call(`${url}/v1/payments/${id}`)).json;
  const pay = async () => {
    const answer = await call(`${url}/v1/pay`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': `dev-${Math.random()}` },
      body: JSON.stringify({
        amount: '20.00',
        currency: 'ZMW',
        payer: { msisdn: '+260971234567' },
      }),
    });
    assert.equal(answer.status, 202, answer.text);
    return answer.json.id;
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gateway-dev-'));
    await chmod(folder, 0o755);
    const [port, opsPort, simPort] = [await freePort(), await freePort(), await freePort()];
    url = `http://127.0.0.1:${port}`;
    env = {
      DATA_DIR: folder,
      PORT: String(port),
      OPS_PORT: String(opsPort),
      SIM_PORT: String(simPort),
      SIM_SETTLE_MS: '300',
      FIRST_STATUS_QUERY_MS: '200',
    };
    dev = await startRole('dev', env);
  });
  after(async () => {
    await dev.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('takes a payment without a key and settles it', async () => {
    paid = await pay();
    await eventually(async () => assert.equal((await get(paid)).status, 'SUCCEEDED'));
  });

  it('started a second time beside itself is refused in a sentence', async () => {
    const ports = { PORT: '0', OPS_PORT: '0', SIM_PORT: '0' };
    const { code, output } = await runRole('dev', { ...env, ...ports });
    assert.equal(code, 1);
    assert.match(output, /process \d+ uses the data folder .*: stop it first/);
    assert.doesNotMatch(output, /\bat .*\.ts:\d+/);
    assert.equal((await get(paid)).status, 'SUCCEEDED');
  });

  it('killed by -9 with a payment open finds all of it again, its orphaned Postgres included', async () => {
    const open = await pay();
    process.kill(dev.pid, 'SIGKILL');
    await dev.exited;
    dev = await startRole('dev', env);
    assert.equal((await get(paid)).status, 'SUCCEEDED');
    await eventually(async () => assert.equal((await get(open)).status, 'SUCCEEDED'), {
      timeoutMs: 20_000,
    });
    const { code, output } = await runRole(
      'verify',
      { DATA_DIR: folder },
      { args: ['--simulators', `http://127.0.0.1:${env.SIM_PORT}`] },
    );
    assert.equal(code, 0, output);
  });

  it('that is asked to end does so with 0, and leaves nothing running', async () => {
    const { code } = await dev.stop();
    assert.equal(code, 0);
    const { code: verified, output } = await runRole('verify', { DATA_DIR: folder });
    assert.equal(verified, 0, output);
    assert.match(output, /SUCCEEDED 2/);
  });

  for (const variable of ['PORT', 'OPS_PORT', 'SIM_PORT']) {
    it(`whose ${variable} is taken names it in a sentence`, async () => {
      const server = createServer().listen(Number(env[variable]), '127.0.0.1');
      await once(server, 'listening');
      try {
        const { code, output } = await runRole('dev', env);
        assert.equal(code, 1);
        assert.match(output, new RegExp(`(?<!_)${variable}: port ${env[variable]} .*is taken`));
        assert.doesNotMatch(output, /\bat .*\.ts:\d+/);
      } finally {
        server.close();
      }
    });
  }

  it('whose folder is damaged says so, and what to do', async () => {
    await appendFile(join(folder, 'simulators.jsonl'), '{"provider":"AIR');
    await writeFile(join(folder, 'postgres', 'data', 'PG_VERSION'), 'nonsense\n');
    const { code, output } = await runRole('dev', env);
    assert.equal(code, 1);
    assert.match(output, /data folder .* cannot be used: .*Move the folder away, or delete it/s);
    assert.doesNotMatch(output, /\bat .*\.ts:\d+/);
  });
});
