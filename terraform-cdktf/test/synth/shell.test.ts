/** The shell functions of the outputs, run by bash against an `aws` that plays the part of AWS. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { run } from '../../../scripts/servers/programs.ts';
import { at } from '../support/plan.ts';
import { settingsOf, synthesize } from '../support/synthesize.ts';
import { sandbox } from '../support/variants.ts';

const FAKE = `#!/bin/sh
here=$(dirname "$0")
printf '%s\\n' "$*" >> "$here/calls"
case "$1 $2" in
  'ecs run-task') echo arn:aws:ecs:eu-west-1:123456789012:task/gateway/0123abcd ;;
  'logs get-log-events') echo 'all books agree' ;;
  'ecs describe-tasks') cat "$here/exit-code" ;;
esac
`;

describe('the output `shell`', () => {
  let home = '';
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'gateway-shell-'));
    await writeFile(join(home, 'aws'), FAKE);
    await chmod(join(home, 'aws'), 0o755);
  });
  after(() => rm(home, { recursive: true, force: true }));

  const outputs = JSON.parse(synthesize('gateway', settingsOf(sandbox))).output;
  /** With the references as text: bash has no business with them. */
  const shell = String(at(outputs, 'shell.value')).replaceAll(/\$\{[^}]+\}/g, 'resolved');
  async function bash(command: string, exitCode: string) {
    await writeFile(join(home, 'exit-code'), exitCode);
    await writeFile(join(home, 'calls'), '');
    const result = await run('bash', ['-c', `${shell}\n${command}`], {
      allowFailure: true,
      env: { ...process.env, PATH: `${home}${delimiter}${process.env.PATH}` },
    });
    return { ...result, calls: await readFile(join(home, 'calls'), 'utf8') };
  }

  it('runs any command in a task, and says what it said', async () => {
    const { code, stdout, calls } = await bash('gateway verify', '0');
    assert.deepEqual([code, stdout], [0, 'all books agree\n']);
    assert.match(calls, /--overrides \{"containerOverrides":\[.*"command":\["verify"\]\}\]\}/);
    assert.match(calls, /--log-stream-name task\/admin\/0123abcd /);
  });

  it('takes words with spaces and quotes as they are', async () => {
    const { calls } = await bash(`admin review resolve pay_1 --reason 'he said "paid \\o/"'`, '0');
    const [, overrides = ''] = /--overrides (\{.*\}) --query/.exec(calls) ?? [];
    assert.deepEqual(JSON.parse(overrides).containerOverrides[0].command, [
      ...['admin', 'review', 'resolve', 'pay_1', '--reason'],
      'he said "paid \\o/"',
    ]);
  });

  it('ends as the task did', async () => {
    const { code, stderr } = await bash('gateway verify', '1');
    assert.deepEqual([code, stderr], [1, 'verify ended with 1\n']);
  });

  it('has `admin` as a word of its own', async () => {
    const { calls } = await bash('admin key list shop', '0');
    assert.match(calls, /"command":\["admin","key","list","shop"\]/);
  });

  it('is what makes the first merchant, too', () => {
    const first = String(at(outputs, 'first_merchant.value'));
    assert.ok(first.startsWith(String(at(outputs, 'shell.value'))));
  });
});
