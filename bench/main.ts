// `npm run bench`: the performance report. Every figure beside its reference, in one run, on one machine.
import type { Figure } from './figure.ts';
import { isMet } from './figure.ts';
import { FIGURES, type MakeFigures } from './figures.ts';
import { describeMachine, printMachine } from './machine.ts';
import { type BenchOptions, HELP, readOptions } from './options.ts';
import { printTable, writeResults } from './report.ts';
import { openStage } from './stage.ts';

const log = (line: string) => console.log(`bench: ${line}`);

async function measure(options: BenchOptions, chosen: [string, MakeFigures][]): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const stage = await openStage(stack, log);
  const machine = await describeMachine(stage.servers);
  printMachine(machine);
  const figures: Figure[] = [];
  let broke = false;
  for (const [name, make] of chosen) {
    log(`${name} …`);
    try {
      figures.push(...(await make(stage, options)));
    } catch (error) {
      broke = true;
      console.error(`bench: ${name} broke:`, error);
    }
  }
  printTable(figures);
  const path = await writeResults(machine, options, figures);
  const missed = figures.filter((figure) => isMet(figure) === false);
  log(`${missed.length} of ${figures.length} figures missed their mark; all numbers: ${path}`);
  return broke || (options.strict && missed.length > 0) ? 1 : 0;
}

async function main(args: string[]): Promise<number> {
  const options = readOptions(args);
  if (options === 'help') {
    console.log(HELP);
    return 0;
  }
  const { only } = options;
  const chosen = Object.entries(FIGURES).filter(
    ([name]) => only.length === 0 || only.some((part) => name.includes(part)),
  );
  if (chosen.length === 0) {
    throw new Error(`no such figure; there are ${Object.keys(FIGURES).join(', ')}`);
  }
  return measure(options, chosen);
}

process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  return 1;
});
