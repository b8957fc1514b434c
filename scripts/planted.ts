// `npm run chaos:planted`: each planted bug (test/planted/bugs.ts) must be caught, by its name. One that survives, or that
// does not apply to the code any more, fails the command.
import { parseArgs } from 'node:util';
import { PLANTED_BUGS } from '../test/planted/bugs.ts';
import { tryBug } from '../test/planted/plant.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' } },
});
const chosen = PLANTED_BUGS.filter(
  ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
);
let survived = 0;
for (const bug of chosen) {
  const { caught, detail } = await tryBug(bug, Number(values.seed));
  if (!caught) survived += 1;
  console.log(`planted: ${caught ? 'caught  ' : 'NOT CAUGHT'} ${bug.name}: ${detail}`);
}
console.log(`planted: ${chosen.length - survived} of ${chosen.length} were caught`);
process.exitCode = survived === 0 && chosen.length > 0 ? 0 : 1;
