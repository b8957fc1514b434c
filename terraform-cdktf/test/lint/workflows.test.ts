import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';

const root = join(import.meta.dirname, '../../..');
const workflows = globSync('.github/workflows/*.yml', { cwd: root })
  .sort()
  .map((path) => ({ name: basename(path), text: readFileSync(join(root, path), 'utf8') }));
const dependencies = readFileSync(join(root, 'docs/dependencies.md'), 'utf8');

/** Names of workflows, each with what is wrong in it. */
function offences(find: (text: string) => readonly string[]): string[] {
  return workflows.flatMap(({ name, text }) => find(text).map((found) => `${name}: ${found}`));
}

describe('the workflows', () => {
  it('pin every action by commit, with the version that docs/dependencies.md has', () => {
    const pinned = /^([\w-]+\/[\w-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$/;
    const wrong = offences((text) =>
      [...text.matchAll(/uses: (.+)$/gm)]
        .map(([, use = '']) => use)
        .filter((use) => {
          const [, action, commit, version] = pinned.exec(use) ?? [];
          return !dependencies.includes(`| \`${action}\` | ${version} | \`${commit}\` |`);
        }),
    );
    assert.deepEqual(wrong, []);
    assert.notEqual(workflows.length, 0);
  });

  it('may only read the repository, unless a job says otherwise', () => {
    const wrong = offences((text) =>
      /^permissions:\n {2}contents: read\n\n/m.test(text) ? [] : ['no least permissions'],
    );
    assert.deepEqual(wrong, []);
  });

  it('write nothing but tokens for AWS and comments', () => {
    const wrong = offences((text) =>
      [...text.matchAll(/^ +([\w-]+): write$/gm)]
        .map(([, right = '']) => right)
        .filter((right) => !['id-token', 'pull-requests'].includes(right)),
    );
    assert.deepEqual(wrong, []);
  });

  it('store no key', () => {
    const found = offences((text) => text.match(/\bsecrets\.|AKIA|aws-access-key-id/g) ?? []);
    assert.deepEqual(found, []);
  });

  it('end in time, and not two of a kind at once', () => {
    const wrong = offences((text) => {
      const jobs = text.match(/^ {4}runs-on:/gm)?.length ?? 0;
      const limits = text.match(/^ {4}timeout-minutes:/gm)?.length ?? 0;
      const concurrency = /^concurrency:/m.test(text);
      return jobs === limits && concurrency ? [] : [`${limits} limits for ${jobs} jobs`];
    });
    assert.deepEqual(wrong, []);
  });
});
