/** The world in which the story happens: engine, agent, emulator, name server, real servers. */
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findEngine } from '../../scripts/image/engine.ts';
import { guard } from '../../scripts/servers/exit-guard.ts';
import { freePort } from '../../scripts/servers/ports.ts';
import { findTerraform } from '../../scripts/tools/terraform.ts';
import { startAgent } from './agent/agent.ts';
import { makeClients } from './clients.ts';
import { OWN_LABEL } from './containers.ts';
import { startNameServer } from './discovery-dns.ts';
import { EMULATOR, startEmulator } from './emulator.ts';
import { openEngine } from './engine.ts';
import { startFront } from './front/front.ts';
import { IMAGE } from './images.ts';
import { startGround } from './servers.ts';
import type { Steps } from './steps.ts';
import type { World } from './story.ts';
import { makeTerraform } from './terraform.ts';

export interface WorldOptions {
  steps: Steps;
  log: (line: string) => void;
  /** What Terraform says. */
  onLine: (line: string) => void;
}

/** Everything in it ends with `stack`. */
export async function makeWorld(
  stack: AsyncDisposableStack,
  { steps, log, onLine }: WorldOptions,
): Promise<World> {
  // First of all, because it is what a machine may well not have.
  await findTerraform();
  const folder = await mkdtemp(join(tmpdir(), 'gateway-cycle-'));
  stack.defer(guard(() => rmSync(folder, { recursive: true, force: true })));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const emulatorPort = await freePort();
  const clients = makeClients(`http://127.0.0.1:${emulatorPort}`);
  const common = { steps, clients, emulatorPort, folder, log };

  const found = await findEngine(log);
  await steps.step('build the image', async () => {
    await found.build(IMAGE);
    return found.name;
  });
  return steps.step('start the emulator and the servers', async () => {
    const engine = stack.use(await openEngine(found, { image: IMAGE, folder, emulatorPort }));
    const socket = join(folder, 'agent.sock');
    const { gateway: nameServer, socket: engineSocket } = engine;
    const exec = async (id: string, words: readonly string[]) =>
      (await found.client(['exec', id, ...words])).code;
    const own = { socket, engineSocket, clients, nameServer, labels: OWN_LABEL, exec, log };
    const agent = stack.use(await startAgent(own));
    const emulator = stack.use(await startEmulator({ port: emulatorPort, socket, folder, log }));
    engine.guardTasks();
    stack.use(await startNameServer(nameServer, clients, log));
    const front = stack.use(await startFront(emulatorPort));
    const ground = stack.use(await startGround(nameServer, clients, log));
    const terraform = await makeTerraform(front.url, join(folder, 'out'), onLine);
    const said = [EMULATOR, ...ground.servers.all.map(({ way }) => way)].join('; ');
    return { said, value: { ...common, engine, agent, emulator, ground, terraform } };
  });
}
