/** The container engine, its API's socket, and the network that tasks and this machine share. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../../scripts/image/engine.ts';
import { guard } from '../../scripts/servers/exit-guard.ts';
import { startProcess } from '../../scripts/servers/managed-process.ts';
import { makeDocker } from './agent/docker.ts';
import { ACCOUNT, REGION } from './clients.ts';
import { OWN_LABEL, removeOrphans, removeOwnContainers } from './containers.ts';

export interface CycleEngine extends AsyncDisposable {
  engine: Engine;
  socket: string;
  /** This machine, as containers see it. */
  gateway: string;
  /** Name of the emulated registry's host in the address of an image that a task is given. */
  registry: string;
  /** Ends all tasks with this process too; to be called when the one that starts them runs. */
  guardTasks(): void;
  /** Names of images that go with the cycle. */
  names: Set<string>;
  /** Runs the client; throws when it fails. */
  call(...words: string[]): Promise<string>;
}

const PUSH_LIMIT_MS = 5 * 60_000;

/** `image` is any local image: it holds the containers' network open until the tasks come. */
export async function openEngine(
  engine: Engine,
  { image, folder, emulatorPort }: { image: string; folder: string; emulatorPort: number },
): Promise<CycleEngine> {
  await using opened = new AsyncDisposableStack();
  const call: CycleEngine['call'] = async (...words) => {
    const { code, stdout, stderr } = await engine.client(words, PUSH_LIMIT_MS);
    if (code !== 0) throw new Error(`${words.join(' ')} exited with ${code}:\n${stdout}${stderr}`);
    return stdout.trim();
  };
  const { socket, registry, network } =
    engine.program === 'docker'
      ? { ...(await dockersOwn(call)), registry: `127.0.0.1:${emulatorPort}`, network: 'bridge' }
      : await podmanService(opened, engine, folder, emulatorPort);

  const removeAll = () => removeOwnContainers(engine);
  const names = new Set<string>();
  opened.defer(async () => {
    removeAll();
    for (const name of names) await engine.client(['rmi', name]);
  });
  removeOrphans(engine);
  const label = Object.entries(OWN_LABEL).map(([name, value]) => `--label=${name}=${value}`);
  const sleeping = ['--entrypoint', 'node', image, '--eval', 'setInterval(() => 0, 1e9)'];
  await call('run', '--detach', ...label, '--network', network, ...sleeping);

  const gateway = gatewayOf(JSON.parse(await call('network', 'inspect', network))[0]);
  const all = opened.move();
  const dispose = () => all.disposeAsync();
  const guardTasks = () => all.defer(guard(removeAll));
  return {
    engine,
    socket,
    gateway,
    registry,
    guardTasks,
    names,
    call,
    [Symbol.asyncDispose]: dispose,
  };
}

async function dockersOwn(call: CycleEngine['call']): Promise<{ socket: string }> {
  const host = await call('context', 'inspect', '--format', '{{.Endpoints.docker.Host}}');
  const socket = (process.env.DOCKER_HOST ?? host).replace(/^unix:\/\//, '');
  if (!socket.startsWith('/')) throw new Error(`the engine is not on this machine: ${socket}`);
  return { socket };
}

/** podman has no engine that waits: one is started, with the emulated registry under Amazon's name. */
async function podmanService(
  opened: AsyncDisposableStack,
  engine: Engine,
  folder: string,
  emulatorPort: number,
) {
  const socket = join(folder, 'podman.sock');
  const registry = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com`;
  const registries = join(folder, 'registries.conf');
  const lines = [
    '[[registry]]',
    `prefix = "${registry}"`,
    `location = "127.0.0.1:${emulatorPort}"`,
    'insecure = true',
  ];
  await writeFile(registries, `${lines.join('\n')}\n`);
  const service = await startProcess({
    name: 'podman',
    command: 'podman',
    args: ['system', 'service', '--time=0', `unix://${socket}`],
    env: { ...engine.env, CONTAINERS_REGISTRIES_CONF: registries },
    ready: async () => {
      const { status } = await makeDocker(socket).send('GET', '/_ping');
      if (status !== 200) throw new Error(`podman answered ${status}`);
    },
  });
  opened.defer(async () => {
    await service.stop();
  });
  return { socket, registry, network: 'podman' };
}

interface Inspected {
  subnets?: { gateway?: string }[];
  IPAM?: { Config?: { Gateway?: string }[] };
}

function gatewayOf({ subnets, IPAM }: Inspected): string {
  const gateway = subnets?.[0]?.gateway ?? IPAM?.Config?.[0]?.Gateway;
  if (!gateway) throw new Error('the containers’ network has no gateway');
  return gateway;
}
