import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeFailpoints } from '../../../src/composition/failpoints.ts';
import type { EventBus } from '../../../src/domain/ports.ts';
import { API_ENV, load, problemNames } from '../../support/config-env.ts';

function quietBus(steps: string[]): EventBus {
  return {
    async publish() {
      steps.push('published');
    },
    subscribe: async () => ({ close: async () => {} }),
    close: async () => {},
  };
}

describe('a failpoint', () => {
  it('kills at the named place, at its n-th hit and not before', async () => {
    const steps: string[] = [];
    const failpoints = makeFailpoints([{ name: 'after-publish', hit: 2 }], () => {
      steps.push('died');
    });
    const bus = failpoints.bus(quietBus(steps));
    for (let i = 0; i < 3; i += 1) await bus.publish([]);
    assert.deepEqual(steps, ['published', 'published', 'died', 'published']);
  });

  it('that is not set leaves every port the object that it was', () => {
    const bus = quietBus([]);
    assert.equal(makeFailpoints([]).bus(bus), bus);
  });

  it('is read with its hit, and a name that nobody knows is refused', () => {
    const { failpoints } = load({ ...API_ENV, FAILPOINTS: 'after-claim, before-send:3' });
    assert.deepEqual(failpoints, [
      { name: 'after-claim', hit: 1 },
      { name: 'before-send', hit: 3 },
    ]);
    for (const text of ['nowhere', 'after-claim:0', 'after-claim:1:2', 'after-claim,']) {
      assert.deepEqual(problemNames({ ...API_ENV, FAILPOINTS: text }), ['FAILPOINTS'], text);
    }
  });
});
