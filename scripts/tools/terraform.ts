/** Terraform of the machine, and where its AWS provider may lie already. */
import { globSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { findProgram, run } from '../servers/programs.ts';

export const AWS_PROVIDER_VERSION = '5.100.0';
/** The first with write-only arguments: secrets stay out of the state. */
const OLDEST_MINOR = 11;

/** The path of Terraform 1.11 or newer; a sentence that says what to install otherwise. */
export async function findTerraform(): Promise<string> {
  const wanted = `Terraform 1.${OLDEST_MINOR} or newer`;
  const where = 'install it from https://developer.hashicorp.com/terraform/install';
  const terraform = findProgram('terraform');
  if (!terraform) throw new Error(`${wanted} is needed and no terraform is on PATH; ${where}`);
  const env = terraformEnvironment();
  const { stdout } = await run(terraform, ['version', '-json'], { env });
  const version = String(JSON.parse(stdout).terraform_version);
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major === 1 && minor >= OLDEST_MINOR) return terraform;
  throw new Error(`${wanted} is needed, ${terraform} is ${version}; ${where}`);
}

/** A file that somebody's variable names may not exist, and must not change what we see. */
export function terraformEnvironment(): NodeJS.ProcessEnv {
  const { TF_CLI_CONFIG_FILE: _file, TF_CLI_ARGS: _args, ...env } = process.env;
  return { ...env, CHECKPOINT_DISABLE: '1', TF_IN_AUTOMATION: '1' };
}

/** Where people and distributions put filesystem mirrors of providers. */
const MIRRORS = [
  ...[join(homedir(), '.terraform.d'), join(homedir(), '.local', 'share', 'terraform')],
  ...['/usr/local/share/terraform', '/usr/share/terraform', '/opt'],
];

/**
 * The mirror that has the AWS provider: `TF_PLUGIN_DIR`, or one in the usual places. undefined: terraform
 * downloads the provider.
 */
export function findPluginFolder(): string | undefined {
  const given = process.env.TF_PLUGIN_DIR;
  if (given) return resolve(given);
  const name = `terraform-provider-aws_v${AWS_PROVIDER_VERSION}*`;
  // <mirror>/<host>/hashicorp/aws/<version>/<platform>/<file>
  const inMirror = join('*', 'hashicorp', 'aws', AWS_PROVIDER_VERSION, '*', name);
  for (const folder of MIRRORS) {
    for (const between of ['', '*']) {
      const [file] = globSync(join(between, inMirror), { cwd: folder });
      if (file) return resolve(folder, file, '../../../../../..');
    }
  }
  return undefined;
}
