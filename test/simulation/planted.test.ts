import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PLANTED_BUGS } from '../planted/bugs.ts';
import { tryBug } from '../planted/plant.ts';

/** One of them here; `npm run chaos:planted` tries them all. */
const CANARY = '5xx after the first byte';
const SEED = 1;

describe('CHX-7 a simulation that breaks nothing is not blind', () => {
  it(`catches the planted bug ${CANARY}`, async () => {
    const bug = PLANTED_BUGS.find(({ name }) => name === CANARY);
    assert.ok(bug);
    const { caught, detail } = await tryBug(bug, SEED);
    assert.ok(caught, detail);
  });

  it('knows only planted bugs that have a name of their own', () => {
    const names = PLANTED_BUGS.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
  });
});
