// Finds terraform and the AWS provider, and runs it in the folder of a stack.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Also in stacks/base-stack.ts, which asks for it. */
const PROVIDER = join('registry.terraform.io', 'hashicorp', 'aws', '5.100.0');

/**
 * A folder of provider plugins: TF_PLUGIN_DIR, or one that lies where machines without a network keep
 * it. null: terraform finds the provider by itself, from its own places or from the registry.
 */
export function findPlugins() {
  if (process.env.TF_PLUGIN_DIR) return process.env.TF_PLUGIN_DIR;
  const places = [
    ...(existsSync('/opt') ? readdirSync('/opt').map((name) => join('/opt', name)) : []),
    '/usr/share/terraform/plugins',
    '/usr/local/share/terraform/plugins',
    join(homedir(), '.terraform.d', 'plugins'),
  ];
  return places.find((place) => existsSync(join(place, PROVIDER))) ?? null;
}

/** Returns terraform's exit code. `quiet`: its words are shown when it fails, and only then. */
export function terraform(folder, args, { quiet = false } = {}) {
  const env = { ...process.env };
  // A configuration that is named but missing makes terraform warn before every line it prints.
  if (env.TF_CLI_CONFIG_FILE && !existsSync(env.TF_CLI_CONFIG_FILE)) delete env.TF_CLI_CONFIG_FILE;
  const stdio = quiet ? 'pipe' : 'inherit';
  const result = spawnSync('terraform', [`-chdir=${folder}`, ...args], { env, stdio });
  if (result.error?.code === 'ENOENT') {
    process.stderr.write(
      'terraform was not found. Install 1.11 or newer: https://developer.hashicorp.com/terraform/install\n',
    );
    return 1;
  }
  if (quiet && result.status !== 0) process.stderr.write(`${result.stdout}${result.stderr}`);
  return result.status ?? 1;
}

/**
 * One folder serves several deployments and its state may move, so that terraform's memory of the last
 * place is set aside each time. A state that would be left behind is named instead.
 */
export function initialize(folder) {
  const forgotten = forgottenState(folder);
  if (forgotten !== null) {
    process.stderr.write(
      `${forgotten} holds resources, and the settings now say S3. Move it first:\n` +
        `  terraform -chdir=${folder} init -migrate-state\nthen delete ${forgotten}\n`,
    );
    return 1;
  }
  const plugins = findPlugins();
  const from = plugins === null ? [] : [`-plugin-dir=${plugins}`];
  return terraform(folder, ['init', '-input=false', '-reconfigure', ...from], { quiet: true });
}

function forgottenState(folder) {
  const { terraform: block } = JSON.parse(readFileSync(join(folder, 'main.tf.json'), 'utf8'));
  const bucket = block.backend.s3;
  if (!bucket) return null;
  const [name] = bucket.key.split('/');
  const file = join(folder, `${name}.tfstate`);
  if (!existsSync(file)) return null;
  return JSON.parse(readFileSync(file, 'utf8')).resources.length > 0 ? file : null;
}
