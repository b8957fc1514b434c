import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import { EXPLAINED_SURVIVORS } from './explained.ts';
import type { MutationGroup } from './groups.ts';
import { type GroupVerdict, judge } from './verdict.ts';

const root = join(import.meta.dirname, '../..');

/** Loops that never end are found by counting; only a test that waits for ever needs this. */
const TIMEOUT_MS = 20_000;

export async function runGroup(group: MutationGroup): Promise<GroupVerdict> {
  // A mutant costs little more than the start of its processes: what is compiled once serves them all.
  const compiled = await mkdtemp(join(tmpdir(), 'gateway-mutation-'));
  process.env.NODE_COMPILE_CACHE = compiled;
  try {
    return await mutate(group);
  } finally {
    await rm(compiled, { recursive: true, force: true });
  }
}

/**
 * Stryker writes all mutants of the group into a copy of the tree, each behind a switch, and starts the test files that
 * reach a mutant with its switch thrown: one process each, so that tables made at import are mutated too.
 */
async function mutate(group: MutationGroup): Promise<GroupVerdict> {
  // Its runner starts whatever `node` comes first.
  process.env.PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
  // A property that finds a mutant by luck would make the score another one each time.
  process.env.FC_SEED ??= '1';
  const mutants = await new Stryker({
    mutate: [...group.files],
    testRunner: 'tap',
    plugins: ['@stryker-mutator/tap-runner'],
    tap: {
      testFiles: [...group.tests],
      nodeArgs: ['--test-reporter=tap', '--require', '{{hookFile}}', '{{testFile}}'],
      // Else it kills a process that may be about to write what it counted, and then has no result.
      forceBail: false,
    },
    coverageAnalysis: 'perTest',
    concurrency: 1,
    timeoutMS: TIMEOUT_MS,
    reporters: [],
    logLevel: 'error',
    tempDirName: '.cache/mutation',
    ignorePatterns: ['.cache', 'bench', 'terraform-cdktf'],
    // TypeScript 7 has no parser for it to use, and Node runs the sources as they are.
    tsconfigFile: 'none',
    disableTypeChecks: false,
  } as ConstructorParameters<typeof Stryker>[0]).runMutationTest();
  const sources = new Map<string, string>();
  for (const file of group.files) sources.set(file, await readFile(join(root, file), 'utf8'));
  const placed = mutants.map((one) => ({ ...one, fileName: relative(root, one.fileName) }));
  return judge(group.name, placed, sources, EXPLAINED_SURVIVORS);
}
