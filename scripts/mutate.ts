// `npm run mutate`: changes the code that decides about money in thousands of small ways (test/mutation/groups.ts) and
// looks whether the unit tests notice. A group below the least score, or a survivor without a reason in
// test/mutation/explained.ts, fails the command.
import { parseArgs } from 'node:util';
import { LEAST_SCORE, MUTATION_GROUPS } from '../test/mutation/groups.ts';
import { runGroup } from '../test/mutation/run-group.ts';
import { describeTable, type GroupVerdict, isPassed } from '../test/mutation/verdict.ts';

const NAMES = MUTATION_GROUPS.map(({ name }) => name).join(', ');
const HELP = `npm run mutate -- [--only group]

Groups: ${NAMES}. \`--only\` takes a part of the name and may be repeated.`;

function readGroups() {
  const { values } = parseArgs({
    options: { only: { type: 'string', multiple: true }, help: { type: 'boolean' } },
  });
  if (values.help) return null;
  const chosen = MUTATION_GROUPS.filter(
    ({ name }) => values.only?.some((part) => name.includes(part)) ?? true,
  );
  if (chosen.length === 0) throw new Error(`no such group\n${HELP}`);
  return chosen;
}

async function main(): Promise<number> {
  const groups = readGroups();
  if (groups === null) {
    console.log(HELP);
    return 0;
  }
  const verdicts: GroupVerdict[] = [];
  for (const group of groups) {
    const started = performance.now();
    const verdict = await runGroup(group);
    verdicts.push(verdict);
    const seconds = ((performance.now() - started) / 1_000).toFixed(0);
    console.log(`mutate: ${group.name}: ${verdict.mutants} mutants, ${seconds} s`);
    for (const why of verdict.untried) console.log(`NOT TRIED ${why}`);
    for (const { file, line } of verdict.unneeded) {
      console.log(`explained, and killed by now: ${file}: ${line}`);
    }
    for (const place of verdict.unexplained) console.log(`SURVIVED ${JSON.stringify(place)}`);
  }
  console.log(`\n${describeTable(verdicts)}\n`);
  const failed = verdicts.filter((verdict) => !isPassed(verdict)).map(({ group }) => group);
  if (failed.length === 0) return 0;
  console.log(`mutate: below ${LEAST_SCORE} % or not all explained or tried: ${failed.join(', ')}`);
  return 1;
}

process.exitCode = await main().catch((error) => {
  console.error(`mutate: ${error instanceof Error ? error.message : error}`);
  return 1;
});
