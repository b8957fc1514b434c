// `npm run cycle`: the stacks as a team uses them, on this machine: applied, paid through, rolled, broken,
// destroyed, and again, against an AWS API that is emulated, with our real image and real servers.
// `npm run cycle -- --verbose` also shows what Terraform says.
import { describeCycle } from './describe.ts';
import { makeSteps } from './steps.ts';
import { runStory } from './story.ts';
import { makeWorld } from './world.ts';

const log = (line: string) => process.stdout.write(`cycle: ${line}\n`);
const onLine = process.argv.includes('--verbose') ? log : () => undefined;

async function main(): Promise<number> {
  const steps = makeSteps(log);
  const startedAt = performance.now();
  let failure: unknown;
  try {
    await using stack = new AsyncDisposableStack();
    log(describeCycle());
    await runStory(await makeWorld(stack, { steps, log, onLine }));
  } catch (error) {
    failure = error;
    log(error instanceof Error ? error.message : String(error));
  }
  const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
  const outcome = failure === undefined ? 'all is in order' : 'FAILED';
  process.stdout.write(`\n${steps.table()}\n\ncycle: ${outcome}, ${minutes} min\n`);
  return failure === undefined ? 0 : 1;
}

process.exitCode = await main();
