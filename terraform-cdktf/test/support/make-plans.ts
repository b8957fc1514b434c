/** Validates and plans every variant with the real provider, and nobody at the other end. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findPlugins } from '../../../scripts/infra/packages.ts';
import { cacheFolder } from '../../../scripts/servers/paths.ts';
import { run } from '../../../scripts/servers/programs.ts';
import { findTerraform, terraformEnvironment } from '../../../scripts/tools/terraform.ts';
import { FILES } from './plan.ts';
import { startStubAws } from './stub-aws.ts';
import { settingsOf, synthesize } from './synthesize.ts';
import { ACCOUNT, PLANNED, type StackName, type VariantName, variants } from './variants.ts';

/** The first time terraform may have to download the provider: 150 MB. */
const INIT_LIMIT_MS = 10 * 60_000;
const LIMIT_MS = 120_000;

const plugins = await findPlugins();
/** As many as the smallest machine has processors; two that share a cache of downloads disturb each other. */
const AT_ONCE = plugins === null ? 1 : 2;

/** In place of the bucket, which nobody has here. Terraform merges a file of such a name over the others. */
const STATE_HERE = { terraform: { backend: { local: {} } } };

type Terraform = (folder: string, ...args: string[]) => Promise<string>;

async function makeTerraform(awsUrl: string): Promise<Terraform> {
  const terraform = await findTerraform();
  const env = {
    ...terraformEnvironment(),
    ...(plugins === null && { TF_PLUGIN_CACHE_DIR: await makeCache() }),
    AWS_ENDPOINT_URL: awsUrl,
    AWS_ACCESS_KEY_ID: 'offline',
    AWS_SECRET_ACCESS_KEY: 'offline',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
  return async (cwd, command, ...args) => {
    const timeoutMs = command === 'init' ? INIT_LIMIT_MS : LIMIT_MS;
    const { stdout } = await run(terraform, [command, '-no-color', ...args], {
      cwd,
      env,
      timeoutMs,
    });
    return stdout;
  };
}

/** Terraform downloads the provider once, and not for each plan. */
async function makeCache(): Promise<string> {
  const cache = join(cacheFolder, 'terraform-plugins');
  await mkdir(cache, { recursive: true });
  return cache;
}

async function makePlan(terraform: Terraform, root: string, name: VariantName, stack: StackName) {
  const folder = join(root, name, stack);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, FILES.source), synthesize(stack, settingsOf(variants[name], stack)));
  await writeFile(join(folder, 'backend_override.tf.json'), JSON.stringify(STATE_HERE));
  const from = plugins === null ? [] : [`-plugin-dir=${plugins}`];
  await terraform(folder, 'init', '-input=false', ...from);
  await terraform(folder, 'validate');
  await terraform(folder, 'plan', '-input=false', '-lock=false', '-out=plan');
  await writeFile(join(folder, FILES.plan), await terraform(folder, 'show', '-json', 'plan'));
}

/** A folder for each variant and stack: what was synthesized, and the plan of it as JSON. */
async function makePlans(root: string): Promise<void> {
  const wanted = [...PLANNED];
  await using aws = await startStubAws(ACCOUNT);
  const terraform = await makeTerraform(aws.url);
  const work = async () => {
    for (let next = wanted.pop(); next; next = wanted.pop()) {
      const { variant, stack } = next;
      await makePlan(terraform, root, variant, stack).catch((cause) => {
        throw new Error(`${variant} ${stack}: ${cause.message}`, { cause });
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  assert.deepEqual(aws.unexpected, [], 'a plan needs nothing of AWS');
}

const [folder = assert.fail('give the folder for the plans')] = process.argv.slice(2);
try {
  const startedAt = performance.now();
  await makePlans(folder);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  process.stdout.write(`${PLANNED.length} plans were validated and made offline in ${seconds} s\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
