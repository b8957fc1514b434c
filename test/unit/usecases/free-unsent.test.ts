import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StoreUnavailable } from '../../../src/domain/errors.ts';
import type { Move, MoveResult } from '../../../src/domain/store.ts';
import { makeFreeUnsent } from '../../../src/usecases/free-unsent.ts';
import { silentLogger } from '../../support/database.ts';
import { type FakeClock, makeFakeClock } from '../../support/fake-clock.ts';
import { DEMO_TIMING } from '../../support/holding.ts';

const ROUND_MS = 500;
const SETTLE_MS = 10_000;
const HEAD = { count: 1, hash: 'a'.repeat(64) };

/** Lets everything run that waits for promises only. */
async function settle(): Promise<void> {
  for (let i = 0; i < 100; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

function setUp(apply: (move: Move) => MoveResult | Error) {
  const clock: FakeClock = makeFakeClock();
  const asked: string[] = [];
  const unsent = makeFreeUnsent({
    store: {
      async apply(move) {
        asked.push(move.paymentId);
        const result = apply(move);
        if (result instanceof Error) throw result;
        return result;
      },
    },
    clock,
    timing: DEMO_TIMING,
    settleMs: SETTLE_MS,
    logger: silentLogger,
  });
  async function round(): Promise<string[]> {
    asked.length = 0;
    clock.advance(ROUND_MS);
    await settle();
    return asked.slice();
  }
  return { ...unsent, round };
}

describe('intents whose commit is in doubt', () => {
  it('are freed in one round, however many never came to be', async () => {
    const { freeUnsent, round, close } = setUp(({ paymentId }) =>
      paymentId === 'last' ? 'written' : 'lost',
    );
    for (let i = 0; i < 500; i += 1) freeUnsent(`never-${i}`, 1n, HEAD, 1);
    freeUnsent('last', 1n, HEAD, 1);
    assert.ok((await round()).includes('last'));
    assert.ok(!(await round()).includes('last'), 'once is enough');
    await close();
  });

  it('are written as not taken, under the fence that was taken and with nothing sent', async () => {
    const moves: Move[] = [];
    const { freeUnsent, round, close } = setUp((move) => {
      moves.push(move);
      return 'written';
    });
    freeUnsent('one', 3n, HEAD, 1);
    await round();
    const [move] = moves;
    assert.equal(move?.fence, 3n);
    const attempt = { outcome: 'not_taken', reason: 'store-unavailable', mayHaveLeft: false };
    assert.deepEqual([move?.attempt, move?.status, move?.answer], [attempt, null, null]);
    assert.equal(move?.link?.number, 2, 'the timeline goes on after the commit in doubt');
    await close();
  });

  it('are looked for until their commit can no longer come', async () => {
    const { freeUnsent, round, close } = setUp(() => 'lost');
    freeUnsent('one', 1n, HEAD, 1);
    for (let ms = 0; ms <= SETTLE_MS; ms += ROUND_MS) {
      assert.deepEqual(await round(), ['one'], `after ${ms} ms`);
    }
    assert.deepEqual(await round(), []);
    await close();
  });

  it('cost a store that is away one try in each round, not one for each intent', async () => {
    const { freeUnsent, round, close } = setUp(() => new StoreUnavailable('none', 'away'));
    for (let i = 0; i < 500; i += 1) freeUnsent(`one-${i}`, 1n, HEAD, 1);
    assert.ok((await round()).length <= 50);
    assert.ok((await round()).length <= 50);
    await close();
  });
});
