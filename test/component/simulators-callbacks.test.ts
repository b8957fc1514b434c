import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import type { SimulatorsOptions } from '../../src/simulators.ts';
import { eventually } from '../support/eventually.ts';
import {
  AIRTEL_CREDENTIALS,
  airtelClient,
  controlOf,
  mtnClient,
  startTestSimulators,
} from '../support/simulators.ts';

const CALLBACK_KEY = 'a4f48f692d2b4df9acbad7dff60a32a6';

interface Received {
  method: string;
  path: string;
  body: {
    status?: string;
    externalId?: string;
    transaction?: { id: string; status_code: string };
    hash?: string;
  };
}

/** A merchant's listener that answers each callback with the next of `statuses`, then with 200. */
async function listener(t: TestContext, statuses: number[] = []) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks = await request.toArray();
    const { method = '', url: path = '' } = request;
    received.push({ method, path, body: JSON.parse(Buffer.concat(chunks).toString()) });
    response.writeHead(statuses.shift() ?? 200).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  t.after(() => server.closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callbacks`;
  return { received, url };
}

async function rig(t: TestContext, options: Partial<SimulatorsOptions> = {}) {
  const merchant = await listener(t);
  const airtel = {
    ...AIRTEL_CREDENTIALS,
    callbackUrl: () => merchant.url,
    callbackKey: CALLBACK_KEY,
  };
  const simulators = await startTestSimulators({ airtel, ...options });
  t.after(() => simulators.close());
  return { ...merchant, simulators, control: controlOf(simulators) };
}

function hashOf({ transaction }: Received['body'], key: string): string {
  const payload = JSON.stringify({ transaction }, null, 2);
  return createHmac('sha256', key).update(payload).digest('base64');
}

const atLeast = (received: Received[], count: number) =>
  eventually(() => assert.ok(received.length >= count, `${received.length} received`));

describe('MTN callbacks', () => {
  it('carry the status body and the external id, and no reference', async (t) => {
    const { received, url, simulators } = await rig(t);
    const mtn = await mtnClient(simulators);
    const reference = mtn.newReference();
    await mtn.charge({ reference, callbackUrl: `${url}/mtn/token` });
    await atLeast(received, 1);
    const [callback] = received;
    assert.equal(callback?.path, '/callbacks/mtn/token');
    assert.equal(callback?.body.status, 'SUCCESSFUL');
    assert.equal(callback?.body.externalId, 'order17');
    assert.doesNotMatch(JSON.stringify(callback?.body), new RegExp(reference));
  });

  it('come as PUT or as POST, always the same for one reference', async (t) => {
    const { received, url, simulators } = await rig(t);
    const mtn = await mtnClient(simulators);
    for (let index = 0; index < 24; index += 1) await mtn.charge({ callbackUrl: url });
    await atLeast(received, 24);
    assert.deepEqual([...new Set(received.map(({ method }) => method))].sort(), ['POST', 'PUT']);
  });

  it('are not sent for a charge without a URL, nor after a reset', async (t) => {
    const { received, url, simulators, control } = await rig(t, { settleMs: 100 });
    const mtn = await mtnClient(simulators);
    await mtn.charge({ callbackUrl: `${url}/forgotten` });
    await control.reset();
    await mtn.charge();
    await mtn.charge({ callbackUrl: `${url}/last` });
    await atLeast(received, 1);
    assert.deepEqual(
      received.map(({ path }) => path),
      ['/callbacks/last'],
    );
  });

  it('are tried again after a 5xx and not after a 4xx', async (t) => {
    const { simulators } = await rig(t);
    const mtn = await mtnClient(simulators);
    const failing = await listener(t, [500]);
    const refusing = await listener(t, [404]);
    await mtn.charge({ callbackUrl: failing.url });
    await mtn.charge({ callbackUrl: refusing.url });
    await atLeast(failing.received, 2);
    assert.equal(refusing.received.length, 1);
  });
});

describe('Airtel callbacks', () => {
  it('are signed over the payload with two spaces of indentation', async (t) => {
    const { received, simulators } = await rig(t);
    const airtel = await airtelClient(simulators);
    const reference = airtel.newReference();
    await airtel.charge({ reference });
    await atLeast(received, 1);
    const { method, body } = received[0]!;
    assert.equal(method, 'POST');
    assert.equal(body.transaction?.id, reference);
    assert.equal(body.transaction?.status_code, 'TS');
    assert.equal(body.hash, hashOf(body, CALLBACK_KEY));
  });

  it('have no hash when the application has no key', async (t) => {
    const merchant = await listener(t);
    const airtel = { ...AIRTEL_CREDENTIALS, callbackUrl: merchant.url };
    const simulators = await startTestSimulators({ airtel });
    t.after(() => simulators.close());
    await (await airtelClient(simulators)).charge({ msisdn: '+260970000001' });
    await atLeast(merchant.received, 1);
    const [callback] = merchant.received;
    assert.equal(callback?.body.transaction?.status_code, 'TF');
    assert.equal('hash' in callback!.body, false);
  });
});

describe('callback faults', () => {
  const rule = (fault: string, more: object = {}) => ({
    provider: 'AIRTEL',
    operation: 'callback',
    fault,
    ...more,
  });
  const claims = (received: Received[]) =>
    received.map(({ body }) => body.transaction?.status_code);

  it('"none": nothing comes; "twice": the same comes again', async (t) => {
    const { received, simulators, control } = await rig(t);
    const airtel = await airtelClient(simulators);
    await control.faults(rule('none', { times: 1 }), rule('twice', { times: 1 }));
    await airtel.charge();
    const reference = airtel.newReference();
    await airtel.charge({ reference });
    await atLeast(received, 2);
    assert.deepEqual(
      received.map(({ body }) => body.transaction?.id),
      [reference, reference],
    );
    assert.deepEqual(received[0], received[1]);
  });

  it('"early": it comes before the charge is answered', async (t) => {
    const { received, simulators, control } = await rig(t, { settleMs: 60_000 });
    const airtel = await airtelClient(simulators);
    await control.faults(rule('early'));
    await airtel.charge();
    assert.deepEqual(claims(received), ['TS']);
  });

  it('"late": it comes its delay after the settlement', async (t) => {
    const { received, simulators, control } = await rig(t);
    const airtel = await airtelClient(simulators);
    await control.faults(rule('late', { delayMs: 150 }));
    const startedAt = performance.now();
    await airtel.charge();
    await atLeast(received, 1);
    assert.ok(performance.now() - startedAt >= 145);
  });

  it('"forged": a lie with a wrong hash comes first, the truth follows', async (t) => {
    const { received, simulators, control } = await rig(t, { settleMs: 200 });
    const airtel = await airtelClient(simulators);
    await control.faults(rule('forged'));
    await airtel.charge();
    await atLeast(received, 2);
    assert.deepEqual(claims(received), ['TF', 'TS']);
    const [lie, truth] = received.map(({ body }) => body.hash === hashOf(body, CALLBACK_KEY));
    assert.deepEqual([lie, truth], [false, true]);
  });

  it('"out-of-order": the final state comes before the pending one', async (t) => {
    const { received, simulators, control } = await rig(t);
    const airtel = await airtelClient(simulators);
    await control.faults(rule('out-of-order'));
    await airtel.charge();
    await atLeast(received, 2);
    assert.deepEqual(claims(received), ['TS', 'TIP']);
  });
});
