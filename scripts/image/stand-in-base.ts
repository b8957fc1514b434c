import { existsSync, globSync } from 'node:fs';
import { appendFile, copyFile, cp, mkdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { cacheFolder, repositoryRoot } from '../servers/paths.ts';
import { findProgram, run } from '../servers/programs.ts';

const STAND_IN = 'localhost/gateway-base:node-24-bookworm';
const DEBOOTSTRAP_LIMIT_MS = 5 * 60_000;
/** Where a machine's own certificates lie inside the stand-in. */
const CERTIFICATES = '/usr/local/share/machine-certificates.pem';

export interface StandInOptions {
  env: NodeJS.ProcessEnv;
  log: (line: string) => void;
}

/**
 * An image like node:24-bookworm-slim, for machines that reach Debian and npm but no image registry:
 * Debian's minimal system, Node 24 and npm from the npm package `node` and this machine, and the user
 * with uid 1000. Made once, kept in the cache.
 */
export async function makeStandInBase({ env, log }: StandInOptions): Promise<string> {
  const known = await run('podman', ['image', 'exists', STAND_IN], { env, allowFailure: true });
  if (known.code === 0) return STAND_IN;
  log('making a stand-in for the base image (about 30 s, once)');
  const tree = join(cacheFolder, 'containers', 'base');
  await rm(tree, { recursive: true, force: true });
  await mkdir(dirname(tree), { recursive: true });
  const include = ['--variant=minbase', '--include=ca-certificates'];
  await run('debootstrap', [...include, 'bookworm', tree], {
    env,
    timeoutMs: DEBOOTSTRAP_LIMIT_MS,
  });
  await addNode(tree);
  await appendFile(join(tree, 'etc/passwd'), 'node:x:1000:1000::/home/node:/bin/bash\n');
  await appendFile(join(tree, 'etc/group'), 'node:x:1000:\n');
  const certificates = process.env.NODE_EXTRA_CA_CERTS;
  if (certificates) await copyFile(certificates, join(tree, CERTIFICATES));
  await commit(tree, env, certificates !== undefined);
  await rm(tree, { recursive: true });
  return STAND_IN;
}

async function addNode(tree: string): Promise<void> {
  const local = join(tree, 'usr/local');
  const node = join(repositoryRoot, 'node_modules/node/bin/node');
  await cp(node, join(local, 'bin/node'));
  const npm = findNpm();
  await cp(npm, join(local, 'lib/node_modules/npm'), { recursive: true, dereference: true });
  await run('ln', ['-s', '../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm')]);
  await run('chmod', ['-R', 'a+rX', local]);
}

/** The npm that runs this script, or the one on PATH. */
function findNpm(): string {
  const cli = process.env.npm_execpath ?? findProgram('npm');
  const places = cli
    ? [resolve(dirname(cli), '..'), ...globSync('/usr/{,local/}lib/node_modules/npm')]
    : [];
  const found = places.find((place) => existsSync(join(place, 'bin/npm-cli.js')));
  if (!found) throw new Error('npm was not found; it is needed inside the stand-in');
  return found;
}

async function commit(
  tree: string,
  env: NodeJS.ProcessEnv,
  hasCertificates: boolean,
): Promise<void> {
  const buildah = (...args: string[]) => run('buildah', args, { env, timeoutMs: 120_000 });
  const container = (await buildah('from', 'scratch')).stdout.trim();
  try {
    await buildah('add', '--quiet', container, tree, '/');
    // In the stand-in alone: behind a proxy with certificates of its own, npm would refuse the registry.
    const trust = hasCertificates ? ['--env', `NODE_EXTRA_CA_CERTS=${CERTIFICATES}`] : [];
    await buildah('config', ...trust, '--env', 'PATH=/usr/local/bin:/usr/bin:/bin', container);
    await buildah('commit', '--quiet', container, STAND_IN);
  } finally {
    await buildah('rm', container);
  }
}
