import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { EXPLAINED_SURVIVORS } from '../../mutation/explained.ts';
import { MUTATION_GROUPS } from '../../mutation/groups.ts';
import {
  describeTable,
  type ExplainedSurvivor,
  isPassed,
  judge,
  type Mutant,
  oneSpace,
} from '../../mutation/verdict.ts';

const root = join(import.meta.dirname, '../../..');
const readSource = (file: string) => readFileSync(join(root, file), 'utf8');

describe('the list of explained survivors', () => {
  it('names places that are there, in files that are mutated, each once and with a reason', () => {
    const mutated = MUTATION_GROUPS.flatMap(({ files }) => files);
    const seen = new Set<string>();
    for (const { file, line, from, to, why } of EXPLAINED_SURVIVORS) {
      assert.ok(mutated.includes(file), file);
      const source = readSource(file);
      assert.ok(
        source.split('\n').some((text) => oneSpace(text) === line),
        `${file}: ${line}`,
      );
      assert.ok(oneSpace(source).includes(from), `${file}: ${from}`);
      assert.ok(from !== to && why.length > 20, `${file}: ${line}`);
      const place = JSON.stringify([file, line, from, to]);
      assert.ok(!seen.has(place), place);
      seen.add(place);
    }
  });
});

describe('the groups', () => {
  it('name files and tests that are there, each file once', () => {
    const files = MUTATION_GROUPS.flatMap(({ files: mutated }) => mutated);
    const tests = MUTATION_GROUPS.flatMap(({ tests: listed }) => listed);
    const missing = [...files, ...tests].filter((file) => !existsSync(join(root, file)));
    assert.deepEqual(missing, []);
    assert.equal(new Set(files).size, files.length);
  });
});

const FILE = 'src/money.ts';
const SOURCE = 'const a = 1;\nif (a <\n    b) stop();\n';
const mutantAs = (status: string, changes: Partial<Mutant> = {}): Mutant =>
  ({
    ...{ id: '1', fileName: FILE, mutatorName: 'EqualityOperator', status, replacement: 'a  <= b' },
    location: { start: { line: 2, column: 5 }, end: { line: 3, column: 6 } },
    ...changes,
  }) as Mutant;
const survivor = { file: FILE, line: 'if (a <', from: 'a < b', to: 'a <= b' };
const judged = (mutants: Mutant[], explained: ExplainedSurvivor[] = []) =>
  judge('money', mutants, new Map([[FILE, SOURCE]]), explained);

describe('the verdict', () => {
  it('counts a mutant that hangs as killed, and one that no test reaches as survived', () => {
    const statuses = ['Killed', 'Timeout', 'Survived', 'NoCoverage'];
    const { mutants, killed, survived, score } = judged(statuses.map((one) => mutantAs(one)));
    assert.deepEqual([mutants, killed, survived, score], [4, 2, 2, 50]);
  });

  it('counts a mutant with which a test file cannot be loaded as killed', () => {
    const statusReason = 'Error running file "a.test.ts". Tap process exited with code 1.';
    assert.equal(judged([mutantAs('RuntimeError', { statusReason })]).killed, 1);
  });

  it('names a survivor by its file, line and change, its white space made one', () => {
    assert.deepEqual(judged([mutantAs('Survived')]).unexplained, [survivor]);
  });

  it('asks for no reason twice, and takes no reason for another change', () => {
    const why = 'the same for every amount that there is';
    const { explained, unexplained } = judged([mutantAs('Survived')], [{ ...survivor, why }]);
    assert.deepEqual([explained, unexplained], [1, []]);
    const other = judged([mutantAs('Survived')], [{ ...survivor, to: 'a > b', why }]);
    assert.deepEqual([other.explained, other.unexplained], [0, [survivor]]);
  });

  it('names a reason that nothing needs any more', () => {
    const reason = { ...survivor, why: 'the same for every amount that there is' };
    assert.deepEqual(judged([mutantAs('Killed')], [reason]).unneeded, [reason]);
    assert.deepEqual(judged([mutantAs('Survived')], [reason]).unneeded, []);
    assert.deepEqual(judged([], [{ ...reason, file: 'src/of-another-group.ts' }]).unneeded, []);
  });

  it('passes at the least score, when nothing is unexplained', () => {
    const explained = [{ ...survivor, why: 'the same for every amount that there is' }];
    const four = Array.from({ length: 4 }, () => mutantAs('Killed'));
    assert.ok(isPassed(judged([...four, mutantAs('Survived')], explained)));
    assert.ok(!isPassed(judged([...four, mutantAs('Survived')])));
    assert.ok(!isPassed(judged([...four.slice(1), mutantAs('Survived')], explained)));
    assert.ok(!isPassed(judged([])));
  });

  it('does not pass while a mutant could not be tried', () => {
    const broken = mutantAs('RuntimeError', { statusReason: 'no such file' });
    const verdict = judged([...Array.from({ length: 9 }, () => mutantAs('Killed')), broken]);
    assert.deepEqual(verdict.untried, ['RuntimeError: no such file']);
    assert.deepEqual([verdict.killed, isPassed(verdict)], [9, false]);
  });

  it('is a row of a table', () => {
    assert.equal(
      describeTable([judged([mutantAs('Killed'), mutantAs('Killed'), mutantAs('Survived')])]),
      [
        '| group | mutants | killed | survived | explained | score |',
        '| --- | --- | --- | --- | --- | --- |',
        '| money | 3 | 2 | 1 | 0 | 66.7 % |',
      ].join('\n'),
    );
  });
});
