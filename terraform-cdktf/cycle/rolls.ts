/** New images under load: one that serves and one that does not. */
import { setTimeout as sleep } from 'node:timers/promises';
import { followAll, verifyBooks } from './books.ts';
import { type History, startLoad } from './load.ts';
import { describe, primary } from './rollout.ts';
import { NAME, type Standing, type World } from './story.ts';

const PER_SECOND = 20;
/** The load goes on before and after, so that neither end of a roll is missed. */
const MARGIN_MS = 5000;

export async function rollNewImage(world: World, standing: Standing): Promise<void> {
  const { steps, clients, terraform } = world;
  const { images, settingsWith } = standing;
  await steps.step('roll a new image', async () => {
    const history = await underLoad(standing, 'roll', () =>
      terraform.apply('gateway', settingsWith(images.second)),
    );
    const service = await describe(clients, NAME, 'api');
    const definition = await clients.ecs.describeTaskDefinition({
      taskDefinition: service.taskDefinition,
    });
    const runs = definition.taskDefinition?.containerDefinitions?.at(-1)?.image;
    if (runs !== images.second) throw new Error(`api runs ${runs}`);
    return said(history);
  });
  await steps.step('none lost, none double', () => compareBooks(world, standing));
}

export async function rollSickImage(world: World, standing: Standing): Promise<void> {
  const { steps, clients, terraform, log } = world;
  const { images, settingsWith } = standing;
  await steps.step('roll an image that fails its health check', async () => {
    const before = (await describe(clients, NAME, 'api')).taskDefinition;
    const history = await underLoad(standing, 'sick', () =>
      // Terraform ends well or badly, as its version sees a rollback; what counts is what ECS did.
      terraform.apply('gateway', settingsWith(images.broken)).then(
        (summary) => log(`terraform took the rollback for an end: ${summary}`),
        () => log('terraform says that the deployment failed'),
      ),
    );
    const service = await describe(clients, NAME, 'api');
    const told = service.events?.some(({ message = '' }) => message.includes('rolled back'));
    if (!told || primary(service)?.taskDefinition !== before || service.runningCount !== 1) {
      throw new Error(`api runs ${primary(service)?.taskDefinition}, before it was ${before}`);
    }
    return `rolled back; ${said(history)}`;
  });
  await steps.step('the good image again', async () => {
    const history = await underLoad(standing, 'again', () =>
      terraform.apply('gateway', settingsWith(images.second)),
    );
    return said(history);
  });
  await steps.step('none lost, none double (again)', () => compareBooks(world, standing));
}

async function underLoad(
  { shop, accepted }: Standing,
  name: string,
  roll: () => Promise<unknown>,
): Promise<History> {
  const load = startLoad(shop, name, PER_SECOND);
  await sleep(MARGIN_MS);
  const failure = await roll().then(
    () => undefined,
    (error: Error) => error,
  );
  await sleep(MARGIN_MS);
  const history = await load.end();
  if (failure) throw failure;
  accepted.push(...history.accepted);
  if (history.errors.length > 0) {
    const kinds = [...Map.groupBy(history.errors, (text) => text.slice(0, 120))];
    const said = kinds.map(([text, { length }]) => `${length} × ${text}`);
    throw new Error(`${history.errors.length} of ${history.sent} failed: ${said.join('; ')}`);
  }
  return history;
}

/** Also, that the tasks which went took leave in order. */
async function compareBooks({ ground, agent }: World, standing: Standing): Promise<string> {
  const { shop, simulators, accepted } = standing;
  const charges = await followAll(shop, simulators, accepted);
  const verified = await verifyBooks(ground.servers.databaseUrl, simulators.url);
  const endings = await agent.endings();
  const wrong = endings.filter(({ code }) => code !== 0);
  if (wrong.length > 0) throw new Error(`not in order: ${JSON.stringify(wrong)}`);
  return (
    `${accepted.length} accepted, all SUCCEEDED; ${charges} charges, each once; ${verified}; ` +
    `${endings.length} old tasks ended with 0`
  );
}

function said({ sent, accepted: { length }, errors }: History): string {
  return `${sent} requests at ${PER_SECOND}/s, ${length} accepted, ${errors.length} errors`;
}
