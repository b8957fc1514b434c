// npm run synth | plan | apply | destroy | cycle | tables. Plain JavaScript: the machine's own Node starts it.
//
//   npm run plan  -- --preset sandbox --set account=123456789012 …
//   npm run apply -- --preset sandbox --set account=123456789012 … -- -auto-approve
//
// What stands before the second `--` are settings, what stands behind it goes to terraform.
import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { isForward } from './credentials.mjs';
import { prepare } from './prepare.mjs';
import { initialize, terraform } from './terraform.mjs';

const folder = resolve(import.meta.dirname, '..');
const actions = ['plan', 'apply', 'destroy'];

function script(node, name, args) {
  return spawnSync(node, [join(folder, name), ...args], { stdio: 'inherit' }).status ?? 1;
}

/** Returns what it wrote; null: the settings are wrong, and it has said so. */
function synthesize(node, settings) {
  const stdio = ['inherit', 'pipe', 'inherit'];
  const { status, stdout } = spawnSync(node, [join(folder, 'main.ts'), ...settings], { stdio });
  process.stdout.write(stdout ?? '');
  return status === 0 ? String(stdout).trim() : null;
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
  const written = synthesize(node, settings);
  if (written === null) return 2;
  if (action === 'synth') return 0;
  const stack = dirname(written);
  const initialized = initialize(stack);
  if (initialized !== 0) return initialized;
  if (action !== 'destroy' && !isForward(stack)) return 1;
  return terraform(stack, [action, ...(divider < 0 ? [] : rest.slice(divider + 1))]);
}

process.exitCode = main(process.argv.slice(2));
