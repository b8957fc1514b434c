// `npm test`: everything that must hold before a merge. `npm test -- <path or part of one> …` runs the
// matching test files alone, without the checks of style and types.
import { join } from 'node:path';
import { repositoryRoot } from './servers/paths.ts';
import { run } from './servers/programs.ts';
import type { Servers } from './servers/start-servers.ts';
import { startServers } from './servers/start-servers.ts';
import { findTests, needsServers } from './testing/find-tests.ts';
import { runTests } from './testing/run-tests.ts';

/** A whole run takes some six minutes; one that is stuck must say so before a pipeline gives up on it. */
const TESTS_LIMIT_MS = 13 * 60_000;

const CHECKS: readonly (readonly [what: string, command: string, args: readonly string[]])[] = [
  ['format and lint', 'biome', ['check', '--error-on-warnings', '.']],
  ['types', 'tsc', ['--noEmit']],
];

const log = (line: string) => console.log(`test: ${line}`);

/** True when every check passed; prints the words of those that did not. */
async function runChecks(): Promise<boolean> {
  const results = await Promise.all(
    CHECKS.map(async ([what, command, args]) => {
      const options = { cwd: repositoryRoot, allowFailure: true, timeoutMs: 120_000 };
      const program = join(repositoryRoot, 'node_modules', '.bin', command);
      const { code, stdout, stderr } = await run(program, args, options);
      if (code !== 0) console.error(`${stdout}${stderr}`);
      log(`${what} ${code === 0 ? 'are' : 'are NOT'} in order`);
      return code === 0;
    }),
  );
  return results.every(Boolean);
}

/** Only variables made for tests count: a REDIS_URL at the terminal may well name somebody's real one. */
async function startTestServers(): Promise<Servers> {
  const servers = await startServers({
    redis: true,
    kafka: true,
    postgres: true,
    addresses: {
      redis: process.env.TEST_REDIS_URL,
      kafka: process.env.TEST_KAFKA_BROKERS,
      postgres: process.env.TEST_DATABASE_URL,
    },
    log,
  });
  for (const { name, way } of servers.all) log(`${name}: ${way}`);
  return servers;
}

function addresses(servers: Servers | undefined): NodeJS.ProcessEnv {
  return servers
    ? {
        TEST_REDIS_URL: servers.redisUrl,
        TEST_KAFKA_BROKERS: servers.kafkaBrokers,
        TEST_DATABASE_URL: servers.databaseUrl,
      }
    : {};
}

async function main(filters: string[]): Promise<number> {
  const files = findTests(filters);
  if (files.length === 0) {
    console.error(`No test file matches ${filters.join(' ') || 'test/*/**/*.test.ts'}.`);
    return 1;
  }
  const starting = needsServers(files) ? startTestServers() : Promise.resolve(undefined);
  // Handled below, after the checks; until then a failure must not end the process.
  starting.catch(() => undefined);
  const inOrder = filters.length > 0 || (await runChecks());
  await using servers = await starting;
  if (!inOrder) return 1;
  const env = { ...process.env, ...addresses(servers) };
  const { exitCode, emptyFiles } = await runTests(files, env, TESTS_LIMIT_MS);
  for (const file of emptyFiles) console.error(`${file} ran no test.`);
  return emptyFiles.length > 0 ? 1 : exitCode;
}

process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  console.error(error instanceof AggregateError ? error.message : error);
  return 1;
});
