// `npm run test:infra`: what terraform-cdktf synthesizes, validated and planned offline with the real provider,
// and looked at. `npm run test:infra -- <path or part of one> …` runs the matching test files alone.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloudFolder, installCloudPackages } from './infra/packages.ts';
import { repositoryRoot } from './servers/paths.ts';
import { run } from './servers/programs.ts';
import { findTests } from './testing/find-tests.ts';
import { runTests } from './testing/run-tests.ts';
import { findActionlint, findCheckov, findHadolint, findShellcheck } from './tools/find.ts';
import { findTerraform } from './tools/terraform.ts';

/** A whole run takes a minute or two; one that is stuck must say so before a pipeline gives up on it. */
const TESTS_LIMIT_MS = 4 * 60_000;
const TYPES_LIMIT_MS = 120_000;
/** The first time terraform may have to download the provider: 150 MB. */
const PLANS_LIMIT_MS = 12 * 60_000;
const TESTS = join('terraform-cdktf', 'test');
/** The tests here look at plans, which take half a minute; all others make what they look at. */
const PLAN_TESTS = join(TESTS, 'plan');

const log = (line: string) => console.log(`test:infra: ${line}`);

async function checkTypes(): Promise<void> {
  const program = join(repositoryRoot, 'node_modules', '.bin', 'tsc');
  await run(program, ['--noEmit', '-p', cloudFolder], { timeoutMs: TYPES_LIMIT_MS });
  log('types are in order');
}

/** A process of its own: this file must type-check where the packages of terraform-cdktf are not installed. */
async function makePlans(folder: string): Promise<void> {
  const program = join(cloudFolder, 'test/support/make-plans.ts');
  const { stdout } = await run(process.execPath, [program, folder], { timeoutMs: PLANS_LIMIT_MS });
  log(stdout.trim());
}

/** Here and not in a test: the first time a slow line may need longer than a test may take. */
async function fetchTools(files: readonly string[]): Promise<void> {
  const needs = (part: string) => files.some((file) => file.includes(part));
  await Promise.all([
    needs('checkov') && findCheckov(log),
    ...(needs('lint') ? [findHadolint(log), findActionlint(log), findShellcheck(log)] : []),
  ]);
}

async function main(filters: string[]): Promise<number> {
  const files = findTests(filters, TESTS);
  if (files.length === 0) {
    console.error(`No test file matches ${filters.join(' ') || `${TESTS}/**/*.test.ts`}.`);
    return 1;
  }
  const needsPlans = files.some((file) => file.startsWith(PLAN_TESTS));
  // First of all, because it is what a machine may well not have.
  if (needsPlans) await findTerraform();
  await installCloudPackages();
  await using stack = new AsyncDisposableStack();
  const plans = await mkdtemp(join(tmpdir(), 'gateway-plans-'));
  stack.defer(() => rm(plans, { recursive: true, force: true }));
  if (filters.length === 0) await checkTypes();
  await Promise.all([needsPlans && makePlans(plans), fetchTools(files)]);
  const env = { ...process.env, INFRA_PLANS: plans };
  const { exitCode, emptyFiles } = await runTests(files, env, TESTS_LIMIT_MS);
  for (const file of emptyFiles) console.error(`${file} ran no test.`);
  return emptyFiles.length > 0 ? 1 : exitCode;
}

process.exitCode = await main(process.argv.slice(2)).catch(({ message }) => {
  console.error(`test:infra: ${message}`);
  return 1;
});
