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

function run(folder, args, stdio) {
  const env = { ...process.env };
  // A configuration that is named but missing makes terraform warn before every line it prints.
  if (env.TF_CLI_CONFIG_FILE && !existsSync(env.TF_CLI_CONFIG_FILE)) delete env.TF_CLI_CONFIG_FILE;
  return spawnSync('terraform', [`-chdir=${folder}`, ...args], { env, stdio });
}

/** What it prints; null when it fails. */
export function terraformSays(folder, args) {
  const { status, stdout } = run(folder, args, ['ignore', 'pipe', 'inherit']);
  return status === 0 ? String(stdout) : null;
}

/** Returns terraform's exit code. `quiet`: its words are shown when it fails, and only then. */
export function terraform(folder, args, { quiet = false } = {}) {
  const result = run(folder, args, quiet ? 'pipe' : 'inherit');
  if (result.error?.code === 'ENOENT') {
    process.stderr.write(
      'terraform was not found. Install 1.11 or newer: https://developer.hashicorp.com/terraform/install\n',
    );
    return 1;
  }
  if (quiet && result.status !== 0) process.stderr.write(`${result.stdout}${result.stderr}`);
  return result.status ?? 1;
}

/** A state that would be left behind is named, before a plan from an empty one makes everything again. */
export function initialize(folder) {
  const forgotten = forgottenBucket(folder) ?? forgottenFile(folder);
  if (forgotten !== null) {
    process.stderr.write(`${forgotten}\n`);
    return 1;
  }
  const plugins = findPlugins();
  const from = plugins === null ? [] : [`-plugin-dir=${plugins}`];
  return terraform(folder, ['init', '-input=false', '-reconfigure', ...from], { quiet: true });
}

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));
const wantedBackend = (folder) => readJson(join(folder, 'main.tf.json')).terraform.backend;
const address = ({ bucket, key }) => `s3://${bucket}/${key}`;

/** Terraform's memory of where it last found the state of this folder. */
function forgottenBucket(folder) {
  const file = join(folder, '.terraform', 'terraform.tfstate');
  const { backend = {} } = existsSync(file) ? readJson(file) : {};
  if (backend.type !== 's3') return null;
  const { s3 } = wantedBackend(folder);
  const [before, now] = [address(backend.config), s3 ? address(s3) : 'a file on this machine'];
  if (before === now) return null;
  return (
    `stateBucket: the state of this deployment was last in ${before}; the settings now say ${now}.\n` +
    'Set stateBucket as it was. When the state has really moved, or is of no use any more: ' +
    `delete ${join(folder, '.terraform')}`
  );
}

function forgottenFile(folder) {
  const { s3 } = wantedBackend(folder);
  if (!s3) return null;
  const [name] = s3.key.split('/');
  const file = join(folder, `${name}.tfstate`);
  if (!existsSync(file) || readJson(file).resources.length === 0) return null;
  return (
    `${file} holds resources, and the settings now say S3. Move it first:\n` +
    `  terraform -chdir=${folder} init -migrate-state\nthen delete ${file}`
  );
}
