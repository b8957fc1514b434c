/**
 * Settings in, Terraform out: `node main.ts --preset sandbox --set account=123456789012 …` writes
 * out/<name>/<stack>/main.tf.json, and plain terraform works on it from there. It prints that path.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readSettings, SettingsError } from './settings/read.ts';
import { makeApp } from './stacks/app.ts';
import { makeGateway } from './stacks/gateway.ts';
import { toJson } from './stacks/json.ts';
import { makeRegistry } from './stacks/registry.ts';

const make = { registry: makeRegistry, gateway: makeGateway };

function main(): void {
  const { stack, settings, outputFolder } = readSettings(process.argv.slice(2));
  const made = make[stack](makeApp(), settings);
  const folder = join(outputFolder, stack);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'main.tf.json'), toJson(made));
  process.stdout.write(`${join(relative(process.cwd(), folder), 'main.tf.json')}\n`);
}

try {
  main();
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
