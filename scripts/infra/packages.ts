import { join } from 'node:path';
import { repositoryRoot } from '../servers/paths.ts';

export const cloudFolder = join(repositoryRoot, 'terraform-cdktf');

/** Plain JavaScript, because at `npm run plan` the machine's own Node starts it. */
const importCommand = (name: string) => import(join(cloudFolder, 'commands', name));

/** Cloud code has packages of its own, which nobody needs who only runs the gateway. */
export async function installCloudPackages(): Promise<void> {
  const { prepare }: { prepare(): void } = await importCommand('prepare.mjs');
  prepare();
}

/** A mirror that has the AWS provider; null: terraform downloads it. */
export async function findPlugins(): Promise<string | null> {
  const { findPlugins: find }: { findPlugins(): string | null } =
    await importCommand('terraform.mjs');
  return find();
}
