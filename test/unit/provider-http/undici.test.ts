import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as whole from 'undici';
import { buildConnector, Pool } from '../../../src/adapters/provider-http/undici.ts';

it("what providers are called with is the package's own", () => {
  assert.ok(Object.is(Pool, whole.Pool));
  assert.equal(buildConnector, whole.buildConnector);
});
