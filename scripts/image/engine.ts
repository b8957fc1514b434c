import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, repositoryRoot } from '../servers/paths.ts';
import { findProgram, makeInstallPackages, run } from '../servers/programs.ts';
import { makeStandInBase } from './stand-in-base.ts';

/** A way to build and run images: Docker's client, or podman's, which takes the same words. */
export interface Engine {
  name: string;
  /** The client's program, and the settings that it is run with. */
  program: 'docker' | 'podman';
  env: NodeJS.ProcessEnv;
  /** Runs the client with these words; never through a shell. */
  client(
    args: readonly string[],
    timeoutMs?: number,
  ): Promise<{ code: number; stdout: string; stderr: string }>;
  build(tag: string): Promise<void>;
  /** What this engine's `run` needs beyond the words that both know. */
  runOptions: readonly string[];
}

const BUILD_LIMIT_MS = 10 * 60_000;
const CALL_LIMIT_MS = 60_000;

/** A Docker engine that answers; otherwise buildah and podman, from Debian's packages if need be. */
export async function findEngine(log: (line: string) => void): Promise<Engine> {
  const docker = findProgram('docker');
  const engineAnswers =
    docker && (await run(docker, ['info'], { allowFailure: true, timeoutMs: 5000 })).code === 0;
  return docker && engineAnswers ? dockerEngine(docker) : podmanEngine(log);
}

function dockerEngine(docker: string): Engine {
  const client: Engine['client'] = (args, timeoutMs = CALL_LIMIT_MS) =>
    run(docker, args, { cwd: repositoryRoot, allowFailure: true, timeoutMs });
  return {
    name: 'Docker',
    program: 'docker',
    env: process.env,
    client,
    build: async (tag) => {
      await run(docker, ['build', '--tag', tag, '.'], {
        cwd: repositoryRoot,
        timeoutMs: BUILD_LIMIT_MS,
      });
    },
    runOptions: [],
  };
}

/** catatonit is podman's init process, which `--init` puts in front of ours. */
const PROGRAMS = ['buildah', 'podman', 'runc', 'debootstrap', 'catatonit'];

async function podmanEngine(log: (line: string) => void): Promise<Engine> {
  const missing = PROGRAMS.filter((name) => !findProgram(name));
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || (missing.length > 0 && !(await makeInstallPackages(log)(...missing)))) {
    throw new Error(
      'No container engine: start Docker, or be root on Debian, where buildah, podman, runc, ' +
        `debootstrap and catatonit do its work${missing.length > 0 ? ` (missing: ${missing.join(', ')})` : ''}`,
    );
  }
  const env = { ...process.env, ...(await writeSettings()) };
  const options = { cwd: repositoryRoot, env, timeoutMs: BUILD_LIMIT_MS };
  const base = await makeStandInBase({ env, log });
  return {
    name: 'buildah and podman, on a stand-in for the base image',
    program: 'podman',
    env,
    client: (args, timeoutMs = CALL_LIMIT_MS) =>
      run('podman', args, { ...options, allowFailure: true, timeoutMs }),
    build: async (tag) => {
      // Docker's format, since OCI's has no HEALTHCHECK. Isolation by chroot works inside a container.
      const how = ['--isolation', 'chroot', '--pull-never', '--format', 'docker'];
      const what = ['--build-arg', `BASE=${base}`, '--tag', tag, '.'];
      await run('buildah', ['bud', ...how, ...what], options);
    },
    // Docker's --read-only has no writable /tmp; podman's has, unless told.
    runOptions: ['--read-only-tmpfs=false'],
  };
}

/** Settings and storage of our own, so that the machine's stay as they are. */
async function writeSettings(): Promise<NodeJS.ProcessEnv> {
  const folder = join(cacheFolder, 'containers');
  await mkdir(folder, { recursive: true });
  const files = {
    CONTAINERS_CONF: join(folder, 'containers.conf'),
    CONTAINERS_STORAGE_CONF: join(folder, 'storage.conf'),
  };
  // runc and cgroupfs, and small limits: they work in a container and on machines without systemd.
  const engine = [
    '[containers]',
    'default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]',
    '[engine]',
    'runtime = "runc"',
    'cgroup_manager = "cgroupfs"',
    'events_logger = "file"',
    '',
  ];
  const storage = [
    '[storage]',
    'driver = "overlay"',
    `graphroot = "${join(folder, 'storage')}"`,
    `runroot = "${join(folder, 'run')}"`,
    '',
  ];
  await writeFile(files.CONTAINERS_CONF, engine.join('\n'));
  await writeFile(files.CONTAINERS_STORAGE_CONF, storage.join('\n'));
  return files;
}
