import { existsSync } from 'node:fs';
import { findProgram, run } from '../servers/programs.ts';

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

/**
 * Without what the terminal says of some other deployment: its account, its workspace, its arguments. Only
 * where providers are found stays, when that file exists.
 */
export function terraformEnvironment(): NodeJS.ProcessEnv {
  const { TF_CLI_CONFIG_FILE: file } = process.env;
  const others = Object.entries(process.env).filter(([name]) => !/^(AWS|TF)_/.test(name));
  return {
    ...Object.fromEntries(others),
    ...(file && existsSync(file) && { TF_CLI_CONFIG_FILE: file }),
    CHECKPOINT_DISABLE: '1',
    TF_IN_AUTOMATION: '1',
  };
}
