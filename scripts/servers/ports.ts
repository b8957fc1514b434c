import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp, createServer } from 'node:net';

/**
 * Below the range from which the system takes ports for outgoing connections (32,768 on Linux): a
 * server that is killed and started again must find its port free, and a client that dials a closed
 * port of that range can even connect to itself.
 */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;
const TRIES = 50;

/** A port of 127.0.0.1 that is free now. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const port = randomInt(FIRST_PORT, LAST_PORT);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port found between ${FIRST_PORT} and ${LAST_PORT}`);
}

/** True when nothing listens on the port, on loopback or on every address. */
export async function isFree(port: number): Promise<boolean> {
  for (const host of ['127.0.0.1', '0.0.0.0']) {
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen({ port, host, exclusive: true }, () => resolve(true));
    });
    if (!free) return false;
    server.close();
    await once(server, 'close');
  }
  return true;
}

/** Resolves when a TCP connection succeeds; rejects when it does not within the limit. */
export async function tcpAnswers(host: string, port: number, timeoutMs = 1000): Promise<void> {
  const socket = connectTcp({ host, port });
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error('connect timed out')));
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}
