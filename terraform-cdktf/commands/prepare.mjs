// Prepares a fresh clone: this folder's packages, and the Node that the project runs on.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const folder = resolve(import.meta.dirname, '..');
const root = resolve(folder, '..');
const binary = process.platform === 'win32' ? 'node.cmd' : 'node';

function run(command, args, cwd) {
  const shell = process.platform === 'win32';
  const result = spawnSync(command, args, { cwd, shell, stdio: ['ignore', 2, 2] });
  if (result.status === 0) return;
  process.stderr.write(`\n${command} ${args.join(' ')} failed in ${cwd}\n`);
  process.exit(1);
}

/** Equal files: what the lock file says is what was installed from it. */
function isInstalled(lock, stamp) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === readFileSync(lock, 'utf8');
}

/** Returns the path of Node 24. */
export function prepare() {
  const node = join(root, 'node_modules', '.bin', binary);
  run(process.execPath, [join(root, 'scripts', 'setup.mjs')], root);
  const lock = join(folder, 'package-lock.json');
  const stamp = join(folder, 'node_modules', '.installed-lock.json');
  if (!isInstalled(lock, stamp)) {
    process.stderr.write('setup: installing CDKTF (about 20 s, once) …\n');
    run('npm', ['ci', '--ignore-scripts', '--loglevel=error'], folder);
    copyFileSync(lock, stamp);
  }
  return node;
}
