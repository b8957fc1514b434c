import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningSimulators } from '../../src/simulators.ts';
import {
  airtelClient,
  controlOf,
  mtnClient,
  socketStory,
  startTestSimulators,
  type TestClient,
} from '../support/simulators.ts';

const UNREADABLE = ['garbage', 'html', 'truncated', 'huge'];
const NOT_TAKEN = ['refuse', 'http-500', 'decline', 'hang', 'reset-before', 'redirect'];
const TAKEN = ['slow', 'reset-after', 'timeout-after', '500-after', ...UNREADABLE];

let simulators: RunningSimulators;
let control: ReturnType<typeof controlOf>;
before(async () => {
  simulators = await startTestSimulators();
  control = controlOf(simulators);
});
after(() => simulators.close());
beforeEach(async () => {
  await control.reset();
});

for (const makeClient of [mtnClient, airtelClient]) {
  describe(`faults, through ${makeClient.name}`, () => {
    let client: TestClient;
    before(async () => {
      client = await makeClient(simulators);
    });

    const rule = (fault: string, more: object = {}) =>
      control.faults({ provider: client.provider, operation: 'charge', fault, ...more });
    const chargeOnSocket = (reference = client.newReference()) =>
      socketStory(simulators.port, client.rawCharge({ reference }));

    for (const fault of [...NOT_TAKEN, 'unauthorized', 'too-many']) {
      it(`"${fault}" takes no charge`, async () => {
        await rule(fault);
        await chargeOnSocket();
        assert.deepEqual(await control.charges(), []);
      });
    }

    for (const fault of TAKEN) {
      it(`"${fault}" takes the charge`, async () => {
        await rule(fault, { delayMs: 1 });
        const reference = client.newReference();
        await chargeOnSocket(reference);
        const [charge, ...rest] = await control.charges();
        assert.deepEqual(
          { reference: charge?.reference, requests: charge?.requests, others: rest.length },
          { reference, requests: 1, others: 0 },
        );
      });
    }

    for (const fault of ['reset-before', 'reset-after']) {
      it(`"${fault}" is a TCP reset without a byte of answer`, async () => {
        await rule(fault);
        assert.deepEqual(await chargeOnSocket(), { received: '', bytes: 0, end: 'ECONNRESET' });
      });
    }

    for (const fault of ['hang', 'timeout-after']) {
      it(`"${fault}" keeps the connection open and silent`, async () => {
        await rule(fault);
        assert.deepEqual(await chargeOnSocket(), { received: '', bytes: 0, end: 'open' });
      });
    }

    it('"truncated" promises more bytes than it sends, then closes', async () => {
      await rule('truncated');
      const { received, end } = await chargeOnSocket();
      const [head = '', body = ''] = received.split('\r\n\r\n');
      const promised = Number(/content-length: (\d+)/i.exec(head)?.[1]);
      assert.ok(body.length > 0 && body.length < promised, `${body.length} of ${promised}`);
      assert.equal(end, 'closed');
    });

    it('"huge" sends 8 MiB to a client that reads them', async () => {
      await rule('huge');
      const { bytes } = await chargeOnSocket();
      assert.ok(bytes > 8 * 1024 * 1024, `${bytes} bytes`);
    });

    it('"huge" stops when the client goes away, and the simulators go on', async () => {
      await rule('huge', { times: 1 });
      const { port } = simulators;
      const socket = connect({ port, host: '127.0.0.1' });
      socket.write(client.rawCharge());
      await once(socket, 'data');
      socket.resetAndDestroy();
      assert.ok((await client.charge()).status < 300);
    });

    it('"garbage" is neither JSON nor text, and "html" is a page with a good status', async () => {
      await rule('garbage', { times: 1 });
      const garbage = await client.charge();
      assert.deepEqual([garbage.status, garbage.json], [200, undefined]);
      await rule('html');
      const html = await client.charge();
      assert.equal(html.status, 200);
      assert.match(html.headers.get('content-type') ?? '', /^text\/html/);
      assert.match(html.text, /^<html>/);
    });

    it('"redirect" keeps the method: a client that follows it would charge again', async () => {
      await rule('redirect');
      const answer = await client.charge();
      assert.equal(answer.status, 307);
      assert.equal(answer.headers.get('location'), '/moved');
    });

    it('"slow" answers properly, but not before its delay', async () => {
      await rule('slow', { delayMs: 150 });
      const startedAt = performance.now();
      const answer = await client.charge();
      assert.ok(answer.status < 300);
      assert.ok(performance.now() - startedAt >= 145);
    });

    it('"500-after" and "http-500" cannot be told apart by the caller', async () => {
      await rule('http-500');
      const before = await client.charge();
      await rule('500-after');
      const afterwards = await client.charge();
      assert.equal(before.status, 500);
      assert.deepEqual([afterwards.status, afterwards.text], [before.status, before.text]);
      assert.equal((await control.charges()).length, 1);
    });

    it('a reset of the token or of the status query is a TCP reset too', async () => {
      await control.faults(
        { provider: client.provider, operation: 'token', fault: 'reset-before' },
        { provider: client.provider, operation: 'status', fault: 'reset-after' },
      );
      const reference = client.newReference();
      await client.charge({ reference });
      for (const broken of [client.token(), client.status(reference)]) {
        await assert.rejects(broken, ({ cause }) => cause.code === 'ECONNRESET');
      }
    });

    it('a charge after "reset-after" is a duplicate of an untouched original', async () => {
      await rule('reset-after', { times: 1 });
      const reference = client.newReference();
      await chargeOnSocket(reference);
      const again = await client.charge({ reference, amount: '99.00' });
      assert.match(again.text, client.provider === 'MTN' ? /RESOURCE_ALREADY_EXIST/ : /ESB000041/);
      const [charge] = await control.charges();
      assert.deepEqual([charge?.amount, charge?.requests], ['20.00', 2]);
    });

    it('"listed-late" says not found until the delay has passed since the charge', async () => {
      const operation = 'status';
      await control.faults({
        provider: client.provider,
        operation,
        fault: 'listed-late',
        delayMs: 200,
      });
      const reference = client.newReference();
      await client.charge({ reference });
      const early = await client.status(reference);
      assert.match(early.text, /RESOURCE_NOT_FOUND|DP00800001025/);
      await sleep(220);
      assert.match((await client.status(reference)).text, /SUCCESSFUL|"TS"/);
    });

    it('"pending-forever" answers pending for a charge that has settled', async () => {
      const reference = client.newReference();
      await client.charge({ reference });
      await control.faults({
        provider: client.provider,
        operation: 'status',
        fault: 'pending-forever',
      });
      assert.match((await client.status(reference)).text, /PENDING|"TIP"|"TA"/);
      assert.equal((await control.charges())[0]?.status, 'SUCCEEDED');
    });

    it('a rule for one wallet leaves the others alone', async () => {
      const msisdn = client.provider === 'MTN' ? '+260961111111' : '+260971111111';
      await rule('refuse', { match: { msisdn } });
      assert.ok((await client.charge({ msisdn })).status > 400);
      assert.ok((await client.charge()).status < 300);
    });

    it('the same seed and the same requests give the same faults', async () => {
      const run = async (seed: number) => {
        await control.reset();
        const fault = { provider: client.provider, operation: 'charge', fault: 'refuse' };
        await control.put({ seed, rules: [{ ...fault, probability: 0.5 }] });
        const statuses: number[] = [];
        for (let index = 0; index < 20; index += 1) {
          statuses.push((await client.charge()).status);
        }
        return statuses.join();
      };
      const first = await run(22);
      assert.equal(await run(22), first);
      assert.notEqual(await run(23), first);
    });
  });
}

describe('the providers\u2019 own words', () => {
  it('"refuse" is 503 SERVICE_UNAVAILABLE at MTN and 429 at Airtel', async () => {
    const [mtn, airtel] = [await mtnClient(simulators), await airtelClient(simulators)];
    await control.faults(
      { provider: 'MTN', operation: 'charge', fault: 'refuse' },
      { provider: 'AIRTEL', operation: 'charge', fault: 'refuse' },
    );
    const refused = await mtn.charge();
    assert.deepEqual([refused.status, refused.json.code], [503, 'SERVICE_UNAVAILABLE']);
    assert.equal((await airtel.charge()).status, 429);
  });

  it('the demo: skip 1 lets the first charge through, and refuses every later one', async () => {
    const airtel = await airtelClient(simulators);
    await control.put({
      rules: [{ provider: 'AIRTEL', operation: 'charge', skip: 1, fault: 'refuse' }],
    });
    const statuses = [];
    for (let index = 0; index < 4; index += 1) statuses.push((await airtel.charge()).status);
    assert.deepEqual(statuses, [200, 429, 429, 429]);
    await control.clear();
    assert.equal((await airtel.charge()).status, 200);
  });

  it('"decline" says its reason at once', async () => {
    const [mtn, airtel] = [await mtnClient(simulators), await airtelClient(simulators)];
    const decline = { operation: 'charge', fault: 'decline', reason: 'limit-exceeded' };
    await control.faults({ provider: 'MTN', ...decline }, { provider: 'AIRTEL', ...decline });
    const atMtn = await mtn.charge();
    assert.deepEqual([atMtn.status, atMtn.json.code], [500, 'PAYER_LIMIT_REACHED']);
    const { status, json } = await airtel.charge();
    assert.equal(status, 200);
    assert.deepEqual(
      [json.data, json.status.success, json.status.response_code],
      [undefined, false, 'DP00800001003'],
    );
  });
});
