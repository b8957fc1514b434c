/** The wraps of terraform, with a terraform that only writes down what it was asked. */
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, beforeEach, describe, it, type TestContext } from 'node:test';
import { cloudFolder } from '../../../scripts/infra/packages.ts';
import { run } from '../../../scripts/servers/programs.ts';
import { settingsOf, synthesize } from '../support/synthesize.ts';
import { production, sandbox } from '../support/variants.ts';

interface Commands {
  initialize(folder: string): number;
  isForward(folder: string): boolean;
}

/** `terraform output -json` says what lies beside it; every call is a line of a file. */
const FAKE = `#!/bin/sh
here=$(dirname "$0")
echo "$@" >> "$here/calls"
case "$*" in *' output -json') cat "$here/outputs" ;; esac
`;
const [BEFORE, BUCKET] = [process.env.PATH, 'gateway-state'];

let home = '';
let folder = '';
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'gateway-commands-'));
  folder = join(home, 'out', 'gateway');
  await writeFile(join(home, 'terraform'), FAKE);
  await chmod(join(home, 'terraform'), 0o755);
  process.env.PATH = `${home}${delimiter}${BEFORE}`;
});
beforeEach(async () => {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(home, 'calls'), '');
  await writeFile(join(home, 'outputs'), '{}');
});
after(async () => {
  process.env.PATH = BEFORE;
  await rm(home, { recursive: true, force: true });
});

const calls = async () => (await readFile(join(home, 'calls'), 'utf8')).trim().split('\n');
const commands = async (): Promise<Commands> => ({
  ...(await import(join(cloudFolder, 'commands', 'terraform.mjs'))),
  ...(await import(join(cloudFolder, 'commands', 'credentials.mjs'))),
});
const write = (given: Parameters<typeof settingsOf>[0]) =>
  writeFile(join(folder, 'main.tf.json'), synthesize('gateway', settingsOf(given)));

/** What it answers, and what it says to a person. */
function listen<T>(t: TestContext, command: () => T): [answer: T, said: string] {
  const { mock } = t.mock.method(process.stderr, 'write', () => true);
  try {
    const answer = command();
    return [answer, mock.calls.map(({ arguments: [words] }) => String(words)).join('')];
  } finally {
    mock.restore();
  }
}

/** As terraform leaves it behind. */
async function remember(bucket: string) {
  await mkdir(join(folder, '.terraform'));
  const backend = { type: 's3', config: { bucket, key: 'gateway/gateway.tfstate' } };
  const memory = JSON.stringify({ version: 3, backend });
  await writeFile(join(folder, '.terraform', 'terraform.tfstate'), memory);
}

describe('npm run plan', () => {
  it('runs terraform in the folder of the stack, with what stands behind the second --', async () => {
    const { preset, account, image } = sandbox;
    const values = { account, image, allowedCidrs: '["203.0.113.7/32"]' };
    const set = Object.entries(values).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
    const settings = ['--preset', preset, '--out', join(home, 'out'), ...set];
    const args = ['commands/run.mjs', 'plan', ...settings, '--', '-no-color'];
    const { code, stderr } = await run(process.execPath, args, {
      cwd: cloudFolder,
      allowFailure: true,
      env: { ...process.env },
    });
    assert.deepEqual([code, stderr], [0, '']);
    const [init, output, plan] = await calls();
    assert.match(String(init), /-chdir=\S+\/gateway init /);
    assert.match(String(output), / output -json$/);
    assert.match(String(plan), /-chdir=\S+\/gateway plan -no-color$/);
  });
});

describe('the state', () => {
  it('is taken from where it was', async (t) => {
    const { initialize } = await commands();
    await write({ ...production, stateBucket: BUCKET });
    await remember(BUCKET);
    assert.deepEqual(
      listen(t, () => initialize(folder)),
      [0, ''],
    );
  });

  it('is not left behind in a bucket: no plan begins from an empty one', async (t) => {
    const { initialize } = await commands();
    await remember(BUCKET);
    for (const given of [{ ...sandbox }, { ...production, stateBucket: 'another' }]) {
      await write(given);
      const [code, said] = listen(t, () => initialize(folder));
      assert.equal(code, 1);
      assert.match(said, /stateBucket: .+s3:\/\/gateway-state\/gateway\/gateway\.tfstate/);
    }
    assert.deepEqual(await calls(), [''], 'terraform is not even asked');
  });

  it('is not left behind in a file', async (t) => {
    const { initialize } = await commands();
    await write({ ...production, stateBucket: BUCKET });
    await writeFile(join(folder, 'gateway.tfstate'), '{"resources":[{}]}');
    const [code, said] = listen(t, () => initialize(folder));
    assert.equal(code, 1);
    assert.match(said, /gateway\.tfstate holds resources.+\n.+init -migrate-state/);
  });
});

describe('credentialsVersion', () => {
  it('never goes back unnoticed', async (t) => {
    const { isForward } = await commands();
    await writeFile(join(home, 'outputs'), '{"credentials_version":{"value":"2"}}');
    await write({ ...sandbox });
    const [goesOn, said] = listen(t, () => isForward(folder));
    assert.equal(goesOn, false);
    assert.match(said, /credentialsVersion: expected 2 or more/);
    for (const credentialsVersion of [2, 3]) {
      await write({ ...sandbox, credentialsVersion });
      assert.deepEqual(
        listen(t, () => isForward(folder)),
        [true, ''],
      );
    }
  });

  it('may be anything where nothing stands yet', async () => {
    const { isForward } = await commands();
    await write({ ...sandbox });
    assert.equal(isForward(folder), true);
  });
});
