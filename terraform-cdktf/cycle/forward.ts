import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface Forward extends AsyncDisposable {
  host: string;
  port: number;
}

/** Carries TCP from an address of the containers' network to a server on this machine's loopback. */
export async function forward(host: string, port: number, toPort: number): Promise<Forward> {
  const open = new Set<Socket>();
  const server = createServer((from) => {
    const to = connect(toPort, '127.0.0.1');
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      open.add(one);
      one.setNoDelay();
      // One side's failure is the other's end; whoever spoke through it sees its connection close.
      one.once('error', () => other.destroy());
      one.once('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    host,
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
