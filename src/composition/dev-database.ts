import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runningAddress, startEmbeddedPostgres } from '../adapters/embedded-postgres/server.ts';
import { DEMO_SECRETS, demoProviderSettings } from '../config/demo-values.ts';

type Environment = Record<string, string | undefined>;

const NAMES_A_SERVER = /^(DATABASE_(URL|HOST)(_FILE)?|CONFIG_FILE)$/;

/**
 * `admin` and `verify` without a database setting mean the one of `npm start`: the server that runs now, or
 * its folder, opened for as long as the command takes.
 */
export async function withDevDatabase(
  env: Environment,
  stack: AsyncDisposableStack,
): Promise<Environment> {
  if (Object.keys(env).some((name) => NAMES_A_SERVER.test(name))) return env;
  const directory = join(env.DATA_DIR || './.data', 'postgres');
  if (!existsSync(directory)) return env;
  let url = await runningAddress(directory);
  if (url === undefined) {
    const server = await startEmbeddedPostgres(directory);
    stack.defer(() => server.close());
    url = server.url;
  }
  const demo = { ...DEMO_SECRETS, ...demoProviderSettings(Number(env.SIM_PORT || 9_100)) };
  return { ...demo, TIMING_PROFILE: 'demo', ...env, DATABASE_URL: url };
}
