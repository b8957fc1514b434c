import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { run } from '../../../scripts/servers/programs.ts';
import { findShellcheck } from '../../../scripts/tools/find.ts';
import { restoreScript } from '../support/deploy-blocks.ts';

it('shellcheck has nothing to say about the restore of docs/deploy.md', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-scripts-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'restore.sh');
  // The document sets it once, at its beginning.
  await writeFile(file, `name=gateway\n${restoreScript()}`);
  const args = ['--shell=bash', '--color=never', file];
  const { stdout } = await run(await findShellcheck(), args, { allowFailure: true });
  assert.equal(stdout, '');
});
