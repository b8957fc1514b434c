/**
 * The two parts of undici that providers are called with. The package's index loads its fetch, WebSocket, caches and
 * mocks beside them: 13 MB of a process's memory that nothing here uses.
 */
import { createRequire } from 'node:module';
import type * as undici from 'undici';

const require = createRequire(import.meta.url);

export const Pool: typeof undici.Pool = require('undici/lib/dispatcher/pool.js');
export type Pool = undici.Pool;

export const buildConnector: typeof undici.buildConnector = require('undici/lib/core/connect.js');
