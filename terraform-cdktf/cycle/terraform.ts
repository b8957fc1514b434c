/** The stacks by the same commands that a person uses, against the emulator. */
import { join, resolve } from 'node:path';
import { type ProcessExit, startProcess } from '../../scripts/servers/managed-process.ts';
import { run } from '../../scripts/servers/programs.ts';
import { findTerraform, terraformEnvironment } from '../../scripts/tools/terraform.ts';
import type { StackName } from '../settings/read.ts';
import { CREDENTIALS, REGION } from './clients.ts';

export interface Terraform {
  apply(stack: StackName, settings: CycleSettings): Promise<string>;
  destroy(stack: StackName, settings: CycleSettings): Promise<string>;
  /** Throws with the changes when there are some. */
  planNothing(stack: StackName, settings: CycleSettings): Promise<void>;
  output(stack: StackName, name: string): Promise<string>;
  env: NodeJS.ProcessEnv;
}

export type CycleSettings = Readonly<Record<string, unknown>>;

const COMMANDS = resolve(import.meta.dirname, '..', 'commands', 'run.mjs');
const SHOWN_LINES = 60;
/** One apply or destroy of about a hundred resources takes two minutes here. */
const LIMIT_MS = 10 * 60_000;

/** Fails at once where there is no Terraform. */
export async function makeTerraform(
  apiUrl: string,
  outputFolder: string,
  onLine: (line: string) => void,
): Promise<Terraform> {
  const program = await findTerraform();
  const { TF_PLUGIN_DIR } = process.env;
  const env = {
    ...terraformEnvironment(),
    ...(TF_PLUGIN_DIR && { TF_PLUGIN_DIR }),
    AWS_ENDPOINT_URL: apiUrl,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
    NO_COLOR: '1',
  };

  async function command(
    action: 'plan' | 'apply' | 'destroy',
    stack: StackName,
    settings: CycleSettings,
    words: readonly string[],
  ): Promise<ProcessExit & { output: string }> {
    const values = Object.entries(settings).flatMap(([name, value]) => [
      '--set',
      `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ]);
    const options = ['--preset', 'sandbox', '--stack', stack, '--out', outputFolder, ...values];
    const managed = await startProcess({
      name: 'terraform',
      command: process.execPath,
      args: [COMMANDS, action, ...options, '--', '-input=false', '-no-color', ...words],
      env,
      onLine,
    });
    const limit = setTimeout(() => void managed.kill(), LIMIT_MS);
    const exit = await managed.exited;
    clearTimeout(limit);
    return { ...exit, output: managed.output() };
  }

  async function change(
    action: 'apply' | 'destroy',
    stack: StackName,
    settings: CycleSettings,
  ): Promise<string> {
    const { code, output } = await command(action, stack, settings, ['-auto-approve']);
    const summary = /^(?:Apply|Destroy) complete! Resources: (.+)\.$/m.exec(output)?.[1];
    if (code === 0 && summary !== undefined) return summary;
    const why = /^Error: .*$/m.exec(output)?.[0] ?? '';
    throw new Error(`${action} of ${stack} ended with ${code}: ${why}\n${last(output)}`);
  }

  return {
    env,
    apply: (stack, settings) => change('apply', stack, settings),
    destroy: (stack, settings) => change('destroy', stack, settings),
    async planNothing(stack, settings) {
      const { code, output } = await command('plan', stack, settings, ['-detailed-exitcode']);
      if (code !== 0) throw new Error(`the plan of ${stack} has changes:\n${last(output)}`);
    },
    async output(stack, name) {
      const folder = join(outputFolder, stack);
      const args = [`-chdir=${folder}`, 'output', '-raw', name];
      return (await run(program, args, { env })).stdout.trim();
    },
  };
}

function last(output: string): string {
  return output.split('\n').slice(-SHOWN_LINES).join('\n');
}
