import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageOf, readArguments, tableOf, UsageError } from '../../../src/admin/arguments.ts';
import { type AdminCommands, adminHelp, runAdmin } from '../../../src/admin.ts';
import { helpFor } from '../../../src/help.ts';

const NOUNS = ['merchant', 'key', 'review', 'discrepancy', 'dlq', 'fee', 'ledger'] as const;

test('the help of admin names the commands of each noun, and each noun says more', () => {
  const all = helpFor('admin');
  for (const noun of NOUNS) {
    assert.match(all, new RegExp(`^gateway admin ${noun} `, 'm'));
    assert.match(helpFor('admin', noun), new RegExp(`^gateway admin ${noun} `, 'm'));
    assert.ok(helpFor('admin', noun).length < all.length || noun === 'key', noun);
  }
  assert.match(helpFor('admin', 'review'), /resolve <payment> --as SUCCEEDED\|FAILED --second/);
  assert.match(helpFor('admin', 'dlq'), /--dry-run/);
  assert.match(helpFor('admin', 'discrepancy'), /close <id> --reason/);
});

test('no line of their help is wider than a terminal of 120 columns', () => {
  for (const noun of NOUNS.slice(0, 5)) {
    for (const line of adminHelp(noun).split('\n')) assert.ok(line.length <= 120, line);
  }
});

test('a word that is no noun, and no word at all, are answered with the help', async () => {
  for (const args of [[], ['reveiw', 'list']]) {
    await assert.rejects(runAdmin(args, {} as AdminCommands), (error: Error) => {
      assert.ok(error instanceof UsageError);
      assert.equal(error.message, adminHelp());
      return true;
    });
  }
});

test('a surplus word and an unknown option are refused', () => {
  assert.throws(() => readArguments(['a', 'b', 'c'], 2, {}), /too many words: c/);
  assert.throws(() => readArguments(['--wrong'], 2, {}), UsageError);
});

test('a table lines up, and an age is told in two units', () => {
  assert.deepEqual(
    tableOf([
      ['a', 'bbb'],
      ['aaa', 'b'],
    ]),
    ['a    bbb', 'aaa  b'],
  );
  assert.deepEqual([5, 65, 3_720, 90_000].map(ageOf), [
    '5 s',
    '1 min 05 s',
    '1 h 02 min',
    '1 d 01 h',
  ]);
});
