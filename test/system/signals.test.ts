import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type ManagedProcess, startProcess } from '../../scripts/servers/managed-process.ts';
import { repositoryRoot } from '../../scripts/servers/paths.ts';
import { freePort } from '../../scripts/servers/ports.ts';
import { productionEnvironment } from '../../scripts/servers/role-environment.ts';
import { startFleet, testServers } from '../chaos/fleet.ts';
import { eventually } from '../support/eventually.ts';

const DRAIN_MS = 10_000;

const NOBODY = {
  ...productionEnvironment({
    servers: { ...testServers(), databaseUrl: 'postgres://nobody:none@127.0.0.1:9/none' },
    simPort: 9,
    publicUrl: 'http://127.0.0.1:9',
  }),
  NODE_ENV: 'test',
};

/** A role that has told that it waits for somebody. */
async function startWaiting(role: string, own: Readonly<Record<string, string>>) {
  const env = {
    ...own,
    DRAIN_MS: String(2 * DRAIN_MS),
    PORT: String(await freePort()),
    OPS_PORT: String(await freePort()),
  };
  const waiting = Promise.withResolvers<void>();
  const managed = await startProcess({
    name: role,
    command: process.execPath,
    args: [join(repositoryRoot, 'src', 'main.ts'), role],
    env: { PATH: process.env.PATH, ...env },
    onLine: (line) => {
      if (line.includes('waiting:')) waiting.resolve();
    },
  });
  await waiting.promise;
  return managed;
}

/** Its drain is twice as long: nothing of a start that never came is drained. */
async function endsAtOnce(managed: ManagedProcess): Promise<void> {
  const askedAt = performance.now();
  const { code } = await managed.kill('SIGTERM');
  assert.equal(code, 0, managed.output());
  assert.ok(performance.now() - askedAt < DRAIN_MS);
}

describe('a signal', () => {
  for (const role of ['api', 'worker']) {
    it(`ends the ${role} that still waits for its database, at once and with 0`, async () => {
      await endsAtOnce(await startWaiting(role, NOBODY));
    });
  }

  it('ends a worker that still waits for Kafka, at once and with 0', async () => {
    await using fleet = await startFleet({ servers: testServers(), apis: 0, workers: 0 });
    await endsAtOnce(await startWaiting('worker', { ...fleet.env, KAFKA_BROKERS: '127.0.0.1:9' }));
  });

  it('that comes a second time ends a drain that is under way, and says so by its code', async () => {
    const env = { DEREGISTRATION_DELAY_MS: '20000', DRAIN_MS: '30000' };
    await using fleet = await startFleet({ servers: testServers(), apis: 1, workers: 0, env });
    const [api] = fleet.apis;
    assert.ok(api);
    const exited = api.process.kill('SIGTERM');
    await eventually(async () => assert.equal((await fleet.get('/healthz')).status, 503));
    assert.equal((await fleet.get('/v1/providers')).status, 200);
    const { code } = await api.process.kill('SIGTERM');
    assert.deepEqual([code, await exited], [1, { code: 1, signal: null }]);
  });
});
