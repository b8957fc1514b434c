import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MTN_WALLET, startRig } from '../support/gateway-rig.ts';
import { memoryStream } from '../support/memory-stream.ts';

type Line = Record<string, unknown>;

async function linesOf(env: Record<string, string>): Promise<Line[]> {
  const output = memoryStream();
  {
    await using rig = await startRig({ output, env });
    const payer = { msisdn: MTN_WALLET };
    const answer = await rig.pay({ body: { amount: '5.00', currency: 'ZMW', payer } });
    await rig.settled(answer, 'SUCCEEDED');
  }
  return output
    .text()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

test('api and worker write their last metrics for CloudWatch on their way out', async () => {
  const lines = await linesOf({ EMF_ENVIRONMENT: 'gateway-test' });
  const beats = lines.filter((line) => line.process_heartbeat === 1).map(({ role }) => role);
  assert.deepEqual(beats.toSorted(), ['api', 'worker']);
  for (const line of lines) {
    assert.equal(line.Environment, 'gateway-test');
    assert.ok('_aws' in line);
  }
  const ofMtn = lines.find((line) => 'provider_breaker_state' in line && line.provider === 'MTN');
  assert.equal(ofMtn?.provider_breaker_state, 0);
  assert.equal(lines.find((line) => 'dlq_messages' in line)?.dlq_messages, 0);
});

test('without a name for the deployment nothing is written for CloudWatch', async () => {
  assert.deepEqual(await linesOf({}), []);
});
