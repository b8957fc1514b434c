import assert from 'node:assert/strict';
import { it } from 'node:test';
import { lintDockerfile, lintWorkflows } from '../../../scripts/tools/lint.ts';

it('hadolint has nothing to say about the Dockerfile', async () => {
  assert.equal(await lintDockerfile(), '');
});

it('actionlint has nothing to say about the workflows', async () => {
  assert.equal(await lintWorkflows(), '');
});
