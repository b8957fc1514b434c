/** What a team does with the stacks, from nothing to nothing, twice. */
import type { Agent } from './agent/agent.ts';
import type { Clients } from './clients.ts';
import { ACCOUNT, REGION } from './clients.ts';
import { LEFT_OUT } from './describe.ts';
import type { Emulator } from './emulator.ts';
import type { CycleEngine } from './engine.ts';
import { type Images, pushImages } from './images.ts';
import { compare, type Listing, listEverything } from './leftovers.ts';
import { makeFirstMerchant } from './merchant.ts';
import { makeShop, type Shop } from './payments.ts';
import { breakAndHeal, payOnce } from './provider-down.ts';
import { untilTargetsHealthy } from './rollout.ts';
import { rollNewImage, rollSickImage } from './rolls.ts';
import type { Ground } from './servers.ts';
import { findSimulators, type Simulators } from './simulators.ts';
import type { Steps } from './steps.ts';
import type { Terraform } from './terraform.ts';

export interface World {
  steps: Steps;
  clients: Clients;
  engine: CycleEngine;
  agent: Agent;
  emulator: Emulator;
  emulatorPort: number;
  ground: Ground;
  terraform: Terraform;
  folder: string;
  log: (line: string) => void;
}

/** What stands once the stacks are applied. */
export interface Standing {
  shop: Shop;
  simulators: Simulators;
  images: Images;
  /** Ids of the payments of each load. */
  accepted: string[];
  settingsWith(image: string): Record<string, unknown>;
}

export const NAME = 'gateway-cycle';

export const common = {
  name: NAME,
  account: ACCOUNT,
  region: REGION,
  owner: 'cycle',
  allowedCidrs: ['127.0.0.0/8'],
};

export async function runStory(world: World): Promise<void> {
  const { steps, emulator } = world;
  const before = await steps.step('list every service before', async () => {
    const value = await listEverything(emulator);
    return { said: `${Object.keys(value).length} services answer`, value };
  });
  const first = await raise(world);
  await breakAndHeal(world, first);
  await rollNewImage(world, first);
  await rollSickImage(world, first);
  await steps.step('plan again', async () => {
    await world.terraform.planNothing('registry', common);
    await world.terraform.planNothing('gateway', first.settingsWith(first.images.second));
    return 'no changes in both stacks';
  });
  await raze(world, before, first.settingsWith(first.images.second));
  await steps.step('empty database and Redis', async () => {
    await world.ground.empty();
    return 'they are not of the stacks, and kept what was in them';
  });
  const second = await raise(world, ' (second run)');
  await raze(world, before, second.settingsWith(second.images.first), ' (second run)');
}

/** From nothing to a payment. */
export async function raise(world: World, which = ''): Promise<Standing> {
  const { steps, terraform, ground, clients, engine, emulator, emulatorPort, folder, log } = world;
  const overrides = Object.entries(LEFT_OUT).map(([name, { value }]) => [name, value]);
  const settingsWith = (image: string) => ({
    ...common,
    ...Object.fromEntries(overrides),
    ...ground.settings,
    image,
  });
  await steps.step(`apply registry${which}`, () => terraform.apply('registry', common));
  const images = await steps.step(`push the image${which}`, async () => {
    const value = await pushImages(engine, { folder, repository: NAME, emulatorPort });
    return { said: `three, each by digest; ${value.first}`, value };
  });
  await steps.step(`apply gateway${which}`, () =>
    terraform.apply('gateway', settingsWith(images.first)),
  );
  await steps.step(`healthy targets${which}`, async () => {
    // It would go on with an image that happens to be on this machine.
    const unpulled = /image pull failed for (\S+)/.exec(emulator.output())?.[1];
    if (unpulled) throw new Error(`${unpulled} could not be pulled from the registry`);
    return `${await untilTargetsHealthy(clients, NAME, 'api')} of api, from the registry's image`;
  });
  const shop = await steps.step(`first merchant${which}`, async () => {
    const command = await terraform.output('gateway', 'first_merchant');
    const apiKey = await makeFirstMerchant(command, { env: terraform.env, log });
    const endpoint = await terraform.output('gateway', 'endpoint');
    const value = makeShop({ endpoint, emulatorPort, apiKey });
    return { said: `by the command of the output; ${endpoint}`, value };
  });
  const simulators = await findSimulators(clients, NAME);
  await steps.step(`a payment${which}`, () => payOnce(shop));
  return { shop, simulators, images, accepted: [], settingsWith };
}

/** Back to nothing, and looked at. */
export async function raze(
  { steps, terraform, emulator }: World,
  before: Listing,
  settings: Record<string, unknown>,
  which = '',
): Promise<void> {
  await steps.step(`destroy gateway${which}`, () => terraform.destroy('gateway', settings));
  await steps.step(`destroy registry${which}`, () => terraform.destroy('registry', common));
  await steps.step(`list every service${which}`, async () => {
    const { left, pendingKeys, services, operations } = compare(
      before,
      await listEverything(emulator),
    );
    if (left.length > 0) throw new Error(`${left.length} things left:\n${left.join('\n')}`);
    const keys = pendingKeys.length > 0 ? `; keys pending deletion: ${pendingKeys.join(', ')}` : '';
    return `${services} services, ${operations} lists: nothing left${keys}`;
  });
}
