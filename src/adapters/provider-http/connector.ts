/** Opens sockets for the pool, under an exact deadline for TCP and TLS together. */
import type { buildConnector as undici } from 'undici';
import { buildConnector } from './undici.ts';

export class ConnectTimeout extends Error {
  readonly code = 'CONNECT_TIMEOUT';
}

/**
 * Undici's own connect timeout runs on a clock with a resolution of half a second, too coarse for
 * deadlines of one or two seconds; connections are rare enough for a timer each.
 */
export function makeConnector(
  connectMs: number,
  base: undici.connector = buildConnector({ allowH2: false, timeout: 0 }),
): undici.connector {
  return (options, callback) => {
    const timer = setTimeout(() => {
      socket?.destroy(new ConnectTimeout(`no connection within ${connectMs} ms`));
    }, connectMs);
    const done: undici.Callback = (...result) => {
      clearTimeout(timer);
      callback(...result);
    };
    // Typed as void, but the connector hands back its socket: the only way to give up on it.
    const socket = base(options, done) as unknown as { destroy(error: Error): void } | undefined;
  };
}
