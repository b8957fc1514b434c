import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guard } from '../servers/exit-guard.ts';
import { repositoryRoot } from '../servers/paths.ts';

/** Files at once: more than the two cores of the smallest machine would only slow each other down. */
const CONCURRENCY = 2;
/** One test. The longest waits for several breaker resets and leases, on a busy machine. */
const TEST_LIMIT_MS = 120_000;

export interface TestRun {
  exitCode: number;
  /** Test files that ran no test. */
  emptyFiles: string[];
}

/** Runs Node's test runner once over all files; its summary is the last thing it prints. */
export async function runTests(
  files: readonly string[],
  env: NodeJS.ProcessEnv,
  limitMs: number,
): Promise<TestRun> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-tests-'));
  const report = join(folder, 'empty-files');
  const child = spawn(
    process.execPath,
    [
      '--test',
      `--test-concurrency=${CONCURRENCY}`,
      `--test-timeout=${TEST_LIMIT_MS}`,
      `--import=${join(import.meta.dirname, 'hang-guard.ts')}`,
      ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
      `--test-reporter=${join(import.meta.dirname, 'empty-files-reporter.ts')}`,
      `--test-reporter-destination=${report}`,
      ...files,
    ],
    { cwd: repositoryRoot, env, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const lift = guard(() => child.kill('SIGTERM'));
  const limit = setTimeout(() => {
    console.error(`\nThe tests took more than ${limitMs / 1000} s and were ended.`);
    child.kill('SIGTERM');
  }, limitMs);
  const [code] = await once(child, 'close');
  clearTimeout(limit);
  lift();
  const emptyFiles = await readFile(report, 'utf8').catch(() => '');
  await rm(folder, { recursive: true, force: true });
  return { exitCode: code ?? 1, emptyFiles: emptyFiles.split('\n').filter(Boolean) };
}
