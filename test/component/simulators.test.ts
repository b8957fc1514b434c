import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { SimulatorsOptions } from '../../src/simulators.ts';
import { eventually } from '../support/eventually.ts';
import {
  airtelClient,
  call,
  controlOf,
  mtnClient,
  socketStory,
  startTestSimulators,
} from '../support/simulators.ts';

const T0 = Date.UTC(2026, 10, 21);

/** Simulators whose clock stands still until the test moves it. */
async function rig(t: TestContext, options: Partial<SimulatorsOptions> = {}) {
  const clock = { nowMs: T0 };
  const simulators = await startTestSimulators({
    settleMs: 1_000,
    nowMs: () => clock.nowMs,
    ...options,
  });
  t.after(() => simulators.close());
  return { clock, simulators, control: controlOf(simulators) };
}

async function stateFile(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'simulators-'));
  t.after(() => rm(directory, { recursive: true }));
  return join(directory, 'nested', 'charges.jsonl');
}

describe('control', () => {
  it('shows a charge as the merchant sent it', async (t) => {
    const { simulators, control } = await rig(t);
    const mtn = await mtnClient(simulators);
    const airtel = await airtelClient(simulators);
    const references = [mtn.newReference(), airtel.newReference()];
    await mtn.charge({ reference: references[0]!, amount: '5.0', currency: 'EUR' });
    await airtel.charge({ reference: references[1]!, amount: '20.50' });
    const common = { externalId: 'order17', status: 'PENDING', requests: 1 };
    assert.deepEqual(await control.charges(), [
      {
        ...{ provider: 'MTN', reference: references[0], msisdn: '+260961234567' },
        ...{ amount: '5.00', currency: 'EUR' },
        ...common,
      },
      {
        ...{ provider: 'AIRTEL', reference: references[1], msisdn: '+260971234567' },
        ...{ amount: '20.50', currency: 'ZMW' },
        ...common,
      },
    ]);
  });

  it('lists a book that is longer than one chunk, in order', async (t) => {
    const { simulators, control } = await rig(t);
    const airtel = await airtelClient(simulators);
    const references = Array.from({ length: 1_203 }, airtel.newReference);
    for (const reference of references) await airtel.charge({ reference });
    const listed = await control.charges();
    assert.deepEqual(
      listed.map(({ reference }) => reference),
      references,
    );
  });

  it('keeps the largest amount to the last digit', async (t) => {
    const { simulators, control } = await rig(t);
    const airtel = await airtelClient(simulators);
    await airtel.charge({ amount: '90071992547409.91' });
    assert.equal((await control.charges())[0]?.amount, '90071992547409.91');
  });

  it('counts the POSTs that were refused before the one that was taken', async (t) => {
    const { simulators, control } = await rig(t);
    const mtn = await mtnClient(simulators);
    const reference = mtn.newReference();
    await control.faults({ provider: 'MTN', operation: 'charge', fault: 'refuse', times: 2 });
    for (let index = 0; index < 4; index += 1) await mtn.charge({ reference });
    assert.equal((await control.charges())[0]?.requests, 4);
  });

  it('a bad plan is 400, says where, and leaves the rules in force', async (t) => {
    const { simulators, control } = await rig(t);
    const mtn = await mtnClient(simulators);
    await control.faults({ provider: 'MTN', operation: 'charge', fault: 'refuse' });
    const bad = await control.put({
      rules: [{ provider: 'MTN', operation: 'charge', fault: 'refuze' }],
    });
    assert.equal(bad.status, 400);
    assert.match(bad.json.detail, /rules\.0\.fault/);
    const notJson = await call(`${simulators.url}/control/faults`, { method: 'PUT', body: '{' });
    assert.deepEqual([notJson.status, notJson.json.code], [400, 'json-invalid']);
    assert.equal((await mtn.charge()).status, 503);
  });

  it('a body over 64 KiB is 413', async (t) => {
    const { simulators } = await rig(t);
    const body = ' '.repeat(64 * 1024 + 1);
    const answer = await call(`${simulators.url}/control/faults`, { method: 'PUT', body });
    assert.equal(answer.status, 413);
  });

  it('reset forgets charges and faults, and anything else is 404', async (t) => {
    const { simulators, control } = await rig(t);
    const mtn = await mtnClient(simulators);
    const reference = mtn.newReference();
    await mtn.charge({ reference });
    await control.faults({ provider: 'MTN', operation: 'charge', fault: 'refuse' });
    await control.reset();
    assert.deepEqual(await control.charges(), []);
    assert.equal((await mtn.charge({ reference })).status, 202);
    for (const path of ['/', '/control', '/control/charge', '/orange/token']) {
      assert.equal((await call(simulators.url + path)).status, 404, path);
    }
  });

  it('rules from the start are in force, and a bad one stops the start', async (t) => {
    const rule = { provider: 'MTN', operation: 'charge', fault: 'refuse' };
    const { simulators } = await rig(t, { faults: { rules: [rule] } });
    assert.equal((await (await mtnClient(simulators)).charge()).status, 503);
    await assert.rejects(
      startTestSimulators({ faults: { rules: [{ ...rule, provider: 'mtn' }] } }),
      /SIM_FAULTS: rules\.0\.provider/,
    );
  });
});

describe('settlement', () => {
  it('a charge is pending until its time, then final', async (t) => {
    const { clock, simulators, control } = await rig(t);
    const mtn = await mtnClient(simulators);
    const reference = mtn.newReference();
    await mtn.charge({ reference });
    clock.nowMs = T0 + 999;
    assert.equal((await mtn.status(reference)).json.status, 'PENDING');
    clock.nowMs = T0 + 1_000;
    assert.equal((await mtn.status(reference)).json.status, 'SUCCESSFUL');
    assert.equal((await control.charges())[0]?.status, 'SUCCEEDED');
  });

  const FAILURES = [
    { digit: 1, mtn: 'NOT_ENOUGH_FUNDS', airtel: 'DP00800001007' },
    { digit: 2, mtn: 'PAYER_LIMIT_REACHED', airtel: 'DP00800001003' },
    { digit: 3, mtn: 'PAYER_NOT_FOUND', airtel: 'DP00800001005' },
    { digit: 4, mtn: 'APPROVAL_REJECTED', airtel: 'DP00800001008' },
    { digit: 5, mtn: 'EXPIRED', airtel: 'DP00800001029' },
  ];
  for (const { digit, ...codes } of FAILURES) {
    it(`known wallet ${digit} is accepted and then fails as ${codes.mtn}`, async (t) => {
      const { clock, simulators } = await rig(t);
      const mtn = await mtnClient(simulators);
      const airtel = await airtelClient(simulators);
      const references = { mtn: mtn.newReference(), airtel: airtel.newReference() };
      const atMtn = { reference: references.mtn, msisdn: `+26096000000${digit}` };
      const atAirtel = { reference: references.airtel, msisdn: `+26097000000${digit}` };
      assert.equal((await mtn.charge(atMtn)).status, 202);
      assert.equal((await airtel.charge(atAirtel)).json.status.success, true);
      clock.nowMs = T0 + 1_000;
      const { status, reason } = (await mtn.status(references.mtn)).json;
      assert.deepEqual([status, reason.code ?? reason], ['FAILED', codes.mtn]);
      const enquiry = (await airtel.status(references.airtel)).json;
      assert.equal(enquiry.data.transaction.status, digit === 5 ? 'TE' : 'TF');
      assert.equal(enquiry.status.response_code, codes.airtel);
    });
  }

  it('known wallets 6 and 7: pending for ever, and success after 15 s', async (t) => {
    const { clock, simulators, control } = await rig(t);
    const mtn = await mtnClient(simulators);
    await mtn.charge({ msisdn: '+260960000006' });
    await mtn.charge({ msisdn: '+260960000007' });
    const statuses = async () => (await control.charges()).map(({ status }) => status);
    clock.nowMs = T0 + 14_999;
    assert.deepEqual(await statuses(), ['PENDING', 'PENDING']);
    clock.nowMs = T0 + 15_000;
    assert.deepEqual(await statuses(), ['PENDING', 'SUCCEEDED']);
    clock.nowMs = T0 + 365 * 86_400_000;
    assert.deepEqual(await statuses(), ['PENDING', 'SUCCEEDED']);
  });

  it('known wallets 8 and 9: declined at once, and taken but never answered', async (t) => {
    const { simulators, control } = await rig(t);
    const airtel = await airtelClient(simulators);
    const declined = await airtel.charge({ msisdn: '+260970000008' });
    assert.equal(declined.json.status.response_code, 'DP00800001010');
    assert.deepEqual(await control.charges(), []);
    const reference = airtel.newReference();
    const lost = { reference, msisdn: '+260970000009' };
    const story = await socketStory(simulators.port, airtel.rawCharge(lost));
    assert.deepEqual([story.bytes, story.end], [0, 'open']);
    assert.equal((await control.charges())[0]?.reference, reference);
    assert.match((await airtel.charge(lost)).text, /ESB000041/);
  });
});

describe('restart', () => {
  it('forgets no charge, no count, no token and no settlement', async (t) => {
    const file = await stateFile(t);
    const first = await rig(t, { stateFile: file });
    const mtn = await mtnClient(first.simulators);
    const [settling, waiting] = [mtn.newReference(), mtn.newReference()];
    await mtn.charge({ reference: settling });
    await mtn.charge({ reference: settling });
    await mtn.charge({ reference: waiting, msisdn: '+260960000007' });
    await first.simulators.close();

    const { port } = first.simulators;
    const second = await rig(t, { stateFile: file, port });
    second.clock.nowMs = T0 + 2_000;
    const charges = await second.control.charges();
    assert.deepEqual(
      charges.map(({ reference, status, requests }) => ({ reference, status, requests })),
      [
        { reference: settling, status: 'SUCCEEDED', requests: 2 },
        { reference: waiting, status: 'PENDING', requests: 1 },
      ],
    );
    assert.equal((await mtn.charge({ reference: settling })).status, 409);
  });

  it('reads past a line that was torn by a crash', async (t) => {
    const file = await stateFile(t);
    const first = await rig(t, { stateFile: file });
    await (await airtelClient(first.simulators)).charge();
    await first.simulators.close();
    await appendFile(file, '{"provider":"AIRTEL","refer');
    const second = await rig(t, { stateFile: file });
    assert.equal((await second.control.charges()).length, 1);
    await (await airtelClient(second.simulators)).charge();
    await second.simulators.close();
    const third = await rig(t, { stateFile: file });
    assert.equal((await third.control.charges()).length, 2);
  });

  it('a reset empties the file', async (t) => {
    const file = await stateFile(t);
    const first = await rig(t, { stateFile: file });
    await (await airtelClient(first.simulators)).charge();
    await first.control.reset();
    await first.simulators.close();
    const second = await rig(t, { stateFile: file });
    assert.deepEqual(await second.control.charges(), []);
  });
});

describe('start and stop', () => {
  it('a taken port is an error that names the variable', async (t) => {
    const { simulators } = await rig(t);
    const { port } = simulators;
    await assert.rejects(startTestSimulators({ port }), {
      message: `SIM_PORT: port ${port} on 127.0.0.1 is taken`,
    });
  });

  it('closes while a connection hangs and a slow answer waits', async () => {
    const simulators = await startTestSimulators();
    const control = controlOf(simulators);
    const mtn = await mtnClient(simulators);
    await control.faults(
      { provider: 'MTN', operation: 'charge', fault: 'hang', times: 1 },
      { provider: 'MTN', operation: 'charge', fault: 'slow', delayMs: 60_000 },
    );
    const broken = [mtn.charge(), mtn.charge()].map((answer) => assert.rejects(answer));
    await eventually(async () => assert.equal((await control.charges()).length, 1));
    await simulators.close();
    await Promise.all(broken);
  });
});
