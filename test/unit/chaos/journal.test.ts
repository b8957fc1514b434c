import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { keysOf } from '../../chaos/facts.ts';
import { openJournal, readJournal } from '../../chaos/journal.ts';

it('CHX-1 the journal holds an entry on disk when its write resolves, in order', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-journal-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'history.jsonl');
  await using journal = await openJournal(path);
  await journal.write({ type: 'invoke', request: 1, key: 'a', amount: '1.01' });
  assert.equal(readJournal(path).length, 1);
  await Promise.all([
    journal.write({ type: 'fail', request: 1, key: 'a', status: 503, code: 'store-unavailable' }),
    journal.write({ type: 'invoke', request: 2, key: 'a', amount: '1.01' }),
    journal.write({ type: 'info', request: 2, key: 'a', error: 'ECONNRESET' }),
  ]);
  const entries = readJournal(path);
  assert.deepEqual(
    entries.map(({ type }) => type),
    ['invoke', 'fail', 'invoke', 'info'],
  );
  const [known] = keysOf(entries);
  assert.deepEqual(known, {
    key: 'a',
    amount: '1.01',
    invokes: 2,
    oks: [],
    fails: ['503 store-unavailable'],
    infos: 1,
  });
});
