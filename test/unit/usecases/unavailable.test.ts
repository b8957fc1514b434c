import assert from 'node:assert/strict';
import { it } from 'node:test';
import { GatewayError, StoreUnavailable } from '../../../src/domain/errors.ts';
import { unavailable } from '../../../src/usecases/unavailable.ts';

it('says that the store is away, and nothing of money to somebody who only reads', () => {
  const error = unavailable(new StoreUnavailable('none', new Error('cut')));
  assert.ok(error instanceof GatewayError);
  assert.equal(error.message, 'The store does not answer.');
});
