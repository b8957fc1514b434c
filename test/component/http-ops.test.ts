import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { makeLifecycle } from '../../src/adapters/http/lifecycle.ts';
import { startOpsServer } from '../../src/adapters/http/ops-server.ts';
import { startPublicServer } from '../../src/adapters/http/public-server.ts';
import { makeReadiness } from '../../src/adapters/http/readiness.ts';
import type { Metrics } from '../../src/domain/telemetry.ts';
import { eventually } from '../support/eventually.ts';
import {
  KEYS,
  pay,
  recordingLogger,
  send,
  startHttp,
  systemClock,
} from '../support/http-harness.ts';
import { openRaw, parseAnswer } from '../support/raw-http.ts';

const logger = recordingLogger([]);
const host = '127.0.0.1';

async function startOps(probe: () => Promise<unknown>, deregistrationDelayMs = 0) {
  const lifecycle = makeLifecycle({ deregistrationDelayMs, clock: systemClock, logger });
  const readiness = makeReadiness({
    checks: [{ name: 'postgres', probe }],
    clock: systemClock,
    logger,
    everyMs: 10,
  });
  const renderMetrics = async () => ({ contentType: 'text/plain; version=0.0.4', body: 'up 1\n' });
  const ops = await startOpsServer({ host, port: 0, renderMetrics, readiness, lifecycle, logger });
  const stop = async () => {
    await readiness.close();
    await ops.close();
  };
  return { ...ops, lifecycle, readiness, [Symbol.asyncDispose]: stop };
}

test('BRK-12 liveness touches nothing, readiness follows probes and lifecycle', async () => {
  let up = false;
  let probes = 0;
  await using ops = await startOps(async () => {
    probes += 1;
    if (!up) throw new Error('down');
  });
  assert.equal((await send(`${ops.url}/livez`)).status, 200);
  const unready = await send(`${ops.url}/readyz`);
  assert.equal(unready.status, 503);
  assert.deepEqual(unready.json, { status: 'unready', checks: { postgres: 'failing' } });
  up = true;
  await eventually(async () => assert.equal((await send(`${ops.url}/readyz`)).status, 200));
  const before = probes;
  await ops.readiness.close();
  for (let count = 0; count < 20; count += 1) await send(`${ops.url}/livez`);
  assert.ok(probes - before <= 1, 'asking causes no probe');
  await ops.lifecycle.drain();
  assert.equal((await send(`${ops.url}/readyz`)).status, 503);
  assert.equal((await send(`${ops.url}/livez`)).status, 200);
});

test('metrics are served as they are rendered, and nothing else is there', async () => {
  await using ops = await startOps(async () => {});
  const metrics = await send(`${ops.url}/metrics`);
  assert.equal(metrics.text, 'up 1\n');
  assert.match(metrics.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  assert.equal((await send(`${ops.url}/v1/pay`)).status, 404);
  assert.equal((await send(`${ops.url}/metrics`, { method: 'POST' })).status, 405);
});

test('a taken port is an error that names its variable', async (t) => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, host, resolve));
  t.after(() => taken.close());
  const { port } = taken.address() as { port: number };
  const message = new RegExp(`^PORT: port ${port} on 127\\.0\\.0\\.1 is taken`);
  const started = startPublicServer(() => {}, { host, port, metrics: {} as Metrics });
  await assert.rejects(started, { message });
  const lifecycle = makeLifecycle({ deregistrationDelayMs: 0, clock: systemClock, logger });
  const readiness = makeReadiness({ checks: [], clock: systemClock, logger });
  t.after(() => readiness.close());
  const renderMetrics = async () => ({ contentType: '', body: '' });
  const ops = startOpsServer({ host, port, renderMetrics, readiness, lifecycle, logger });
  await assert.rejects(ops, { message: new RegExp(`^OPS_PORT: port ${port} `) });
});

test('BRK-13 health goes first and requests are served on, then the listener closes', async () => {
  await using http = await startHttp({ deregistrationDelayMs: 150 });
  const kept = await openRaw(http.port);
  const ask = 'GET /v1/providers HTTP/1.1\r\nHost: x\r\n';
  const auth = `Authorization: Bearer ${KEYS.shop}\r\n\r\n`;
  kept.socket.write(ask + auth);
  await eventually(() => assert.match(kept.received(), /^HTTP\/1\.1 200/));
  const drained = http.lifecycle.drain();
  const health = await send(`${http.url}/healthz`);
  assert.deepEqual([health.status, health.json.code], [503, 'shutting-down']);
  assert.equal((await pay(http.url)).status, 202, 'still served while the balancer looks away');
  const second = await openRaw(http.port);
  second.socket.write(ask + auth);
  assert.equal(parseAnswer(await second.closed).headers.connection, 'close');
  await drained;
  kept.socket.write(ask + auth);
  const last = parseAnswer(await kept.closed);
  assert.deepEqual([last.status, JSON.parse(last.body).code], [503, 'shutting-down']);
  assert.equal(last.headers.connection, 'close');
  await http.close();
  await assert.rejects(send(`${http.url}/healthz`));
});

test('BRK-13 closing waits for what is under way, idle connections do not hold it', async () => {
  const { promise: proceed, resolve: finish } = Promise.withResolvers<null>();
  await using http = await startHttp({ gateway: { getPayment: () => proceed } });
  const idle = await openRaw(http.port);
  idle.socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
  await eventually(() => assert.match(idle.received(), /200 OK/));
  const headers = { authorization: `Bearer ${KEYS.shop}` };
  const asked = send(`${http.url}/v1/payments/pay_${'0'.repeat(32)}`, { headers });
  await eventually(async () => {
    const count = await new Promise((resolve) => http.server.getConnections((_, n) => resolve(n)));
    assert.equal(count, 2);
  });
  await send(`${http.url}/healthz`);
  const closing = http.close({ drainMs: 5_000 });
  await idle.closed;
  finish(null);
  assert.equal((await asked).status, 404);
  await closing;
});

test('BRK-13 a handler that never ends is cut off at the end of the drain time', async () => {
  const never = new Promise<null>(() => {});
  await using http = await startHttp({ gateway: { getPayment: () => never } });
  const headers = { authorization: `Bearer ${KEYS.shop}` };
  const asked = send(`${http.url}/v1/payments/pay_${'0'.repeat(32)}`, { headers });
  const refused = assert.rejects(asked);
  await send(`${http.url}/healthz`);
  await http.close({ drainMs: 50 });
  await refused;
});
