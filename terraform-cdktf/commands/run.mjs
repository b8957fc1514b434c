// npm run synth | plan | apply | destroy | cycle | tables. Plain JavaScript: the machine's own Node starts it.
//
//   npm run plan  -- --preset sandbox --set account=123456789012 …
//   npm run apply -- --preset sandbox --set account=123456789012 … -- -auto-approve
//
// What stands before the second `--` are settings, what stands behind it goes to terraform.
import { spawnSync } from 'node:child_process';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { prepare } from './prepare.mjs';
import { initialize, terraform } from './terraform.mjs';

const folder = resolve(import.meta.dirname, '..');
const actions = ['plan', 'apply', 'destroy'];

function script(node, name, args) {
  return spawnSync(node, [join(folder, name), ...args], { stdio: 'inherit' }).status ?? 1;
}

function folderOf(args) {
  const options = { stack: { type: 'string', default: 'gateway' }, out: { type: 'string' } };
  const { values } = parseArgs({ args, options, strict: false, allowPositionals: true });
  return relative(process.cwd(), join(values.out ?? join(folder, 'out'), values.stack));
}

function main([action, ...rest]) {
  const node = prepare();
  if (action === 'cycle') return script(node, 'cycle/main.ts', rest);
  if (action === 'tables') return script(node, 'tables/write.ts', rest);
  if (action !== 'synth' && !actions.includes(action)) {
    process.stderr.write(`expected synth, ${actions.join(', ')}, cycle or tables\n`);
    return 2;
  }
  const divider = rest.indexOf('--');
  const settings = divider < 0 ? rest : rest.slice(0, divider);
  const synthesized = script(node, 'main.ts', settings);
  if (synthesized !== 0 || action === 'synth') return synthesized;
  const stack = folderOf(settings);
  const initialized = initialize(stack);
  if (initialized !== 0) return initialized;
  return terraform(stack, [action, ...(divider < 0 ? [] : rest.slice(divider + 1))]);
}

process.exitCode = main(process.argv.slice(2));
