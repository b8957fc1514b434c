import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { cloudFolder } from '../../../scripts/infra/packages.ts';
import { run } from '../../../scripts/servers/programs.ts';
import { sandbox } from '../support/variants.ts';

describe('node main.ts', () => {
  let out = '';
  before(async () => {
    out = await mkdtemp(join(tmpdir(), 'gateway-synth-'));
  });
  after(() => rm(out, { recursive: true, force: true }));

  const main = (...args: string[]) =>
    run(process.execPath, ['main.ts', '--out', out, ...args], {
      cwd: cloudFolder,
      allowFailure: true,
    });
  const set = (values: object) =>
    Object.entries(values).flatMap(([name, value]) => [
      '--set',
      `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ]);
  const { preset, ...given } = sandbox;
  const inOrder = ['--preset', preset, ...set(given)];

  it('writes a stack, within a second or so', async (t) => {
    const startedAt = performance.now();
    const { code, stderr } = await main(...inOrder);
    t.diagnostic(`synthesis took ${Math.round(performance.now() - startedAt)} ms`);
    assert.deepEqual([code, stderr], [0, '']);
    assert.ok(existsSync(join(out, 'gateway', 'main.tf.json')));
  });

  it('writes the registry without knowing an image', async () => {
    const { account } = given;
    const settings = set({ account, stateBucket: 'our-state' });
    const { code, stdout } = await main(
      ...['--preset', 'production', '--stack', 'registry'],
      ...settings,
    );
    assert.equal(code, 0);
    assert.match(stdout.trim(), /registry\/main\.tf\.json$/);
    assert.ok(existsSync(join(out, 'registry', 'main.tf.json')));
  });

  it('names every wrong setting at once, with what was expected, and writes nothing', async () => {
    await rm(join(out, 'gateway'), { recursive: true, force: true });
    const wrong = { account: '12', zones: 7, apiTasksMax: 'many', apiTaskMin: 1, vpcCidr: '10/8' };
    const { code, stdout, stderr } = await main(...inOrder, ...set(wrong));
    assert.equal(code, 2);
    for (const name of Object.keys(wrong)) assert.match(stderr, new RegExp(`^ +${name}: `, 'm'));
    assert.match(stderr, /zones: expected a whole number from 2 to 3; found 7/);
    assert.match(stderr, /account: expected an AWS account id of 12 digits/);
    assert.doesNotMatch(`${stdout}${stderr}`, /\n\s+at |node:internal|Error:/);
    assert.equal(existsSync(join(out, 'gateway')), false);
  });

  it('names what two settings demand of each other', async () => {
    const { code, stderr } = await main(
      ...inOrder,
      ...set({ workerTasksMax: 13, allowedCidrs: [] }),
    );
    assert.equal(code, 2);
    assert.match(stderr, /workerTasksMax: expected at most 12/);
    assert.match(stderr, /allowedCidrs: expected /);
  });

  it('lets production have no plain HTTP, no simulators and no lost messages', async () => {
    const { code, stderr } = await main('--preset', 'production', ...set(given));
    assert.equal(code, 2);
    for (const name of ['domain', 'existingProvidersSecretArn', 'mtnBaseUrl', 'airtelBaseUrl']) {
      assert.match(stderr, new RegExp(`^ +.*${name}.*: expected `, 'm'));
    }
  });

  it('lets neither stack of production keep its state on one machine', async () => {
    for (const stack of ['gateway', 'registry']) {
      const args = ['--preset', 'production', '--stack', stack, ...set(given)];
      const { code, stderr } = await main(...args);
      assert.equal(code, 2);
      assert.match(stderr, /^ +stateBucket: expected a bucket /m, stack);
    }
  });

  it('refuses what AWS would refuse only in the middle of an apply', async () => {
    const wrong = {
      name: 'internal-payments',
      region: 'us-gov-west-1',
      postgresStorageGib: 16_385,
      mtnBaseUrl: 'https://mtn.example.com:8443',
      zoneNames: ['eu-west-1'],
    };
    const { code, stderr } = await main(...inOrder, ...set(wrong));
    assert.equal(code, 2);
    for (const name of Object.keys(wrong)) assert.match(stderr, new RegExp(`^ +${name}: `, 'm'));
    const others = set({ name: 'sg-payments', region: 'cn-north-1' });
    const second = await main(...inOrder, ...others);
    assert.match(second.stderr, /^ +name: .*^ +region: /ms);
  });

  it('says how to ask when it is asked for nothing', async () => {
    const { code, stderr } = await main();
    assert.equal(code, 2);
    assert.match(stderr, /--preset: expected sandbox or production/);
    const unknown = await main('--presets', 'sandbox');
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /--preset sandbox\|production/);
  });
});
