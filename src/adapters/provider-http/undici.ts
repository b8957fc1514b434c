/**
 * The two parts of undici that providers are called with. The package's index loads its fetch, WebSocket, caches and
 * mocks beside them: 13 MB of a process's memory that nothing here uses.
 */
import { createRequire } from 'node:module';
import type * as undici from 'undici';

const require = createRequire(import.meta.url);

/** The index adds `request` and its like to every dispatcher; without it they are not there. */
export type Pool = Pick<undici.Pool, 'dispatch' | 'destroy'>;
export const Pool: new (
  origin: string,
  options: undici.Pool.Options,
) => Pool = require('undici/lib/dispatcher/pool.js');

export const buildConnector: typeof undici.buildConnector = require('undici/lib/core/connect.js');
