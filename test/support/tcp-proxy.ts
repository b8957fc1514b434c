/** A TCP proxy that a test can make misbehave: it stands between a client and its server. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '../../scripts/servers/ports.ts';

export type ProxyMode =
  | 'pass'
  /** Nobody listens: to connect is refused, and open connections are reset. */
  | 'refuse'
  /** Connections are accepted and stay open; nothing gets through, either way, until the mode changes. */
  | 'hang'
  /** What is sent arrives; what is answered is lost. */
  | 'drop-replies'
  /** Connections are accepted and reset, open ones too. */
  | 'reset';

export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections accepted, and bytes sent by clients, since the start. */
  traffic(): { connections: number; bytes: number };
  set(mode: ProxyMode): Promise<void>;
  /** Each direction takes this much longer. */
  delay(ms: number): void;
  /** Resets every open connection, once. */
  cut(): void;
  /** Resolves as soon as a client has sent these words, before any answer to them can be on its way. */
  sent(words: string): Promise<void>;
}

interface Link {
  client: Socket;
  server: Socket;
  /** Bytes held back while the proxy hangs. */
  held: (() => void)[];
  /** A stream with a hole in it cannot go on: the connection is reset when the mode changes. */
  torn: boolean;
}

export async function startTcpProxy(target: { host?: string; port: number }): Promise<TcpProxy> {
  const links = new Set<Link>();
  const awaited = new Set<{ words: string; resolve(): void }>();
  const seen = { connections: 0, bytes: 0 };
  let mode: ProxyMode = 'pass';
  let delayMs = 0;

  function end(link: Link): void {
    links.delete(link);
    for (const socket of [link.client, link.server]) {
      // A socket that has said its goodbye can no longer be reset: libuv would leave it open.
      if (socket.writableEnded) socket.destroy();
      else if (!socket.destroyed) socket.resetAndDestroy();
    }
  }

  function noteRequest(chunk: Buffer): void {
    seen.bytes += chunk.length;
    for (const waiting of awaited) {
      if (!chunk.includes(waiting.words)) continue;
      awaited.delete(waiting);
      waiting.resolve();
    }
  }

  function relay(link: Link, chunk: Buffer, from: 'client' | 'server'): void {
    const to = from === 'client' ? link.server : link.client;
    const write = () => {
      if (to.writable) to.write(chunk);
    };
    if (from === 'client') noteRequest(chunk);
    if (mode === 'hang') link.held.push(write);
    else if (mode === 'drop-replies' && from === 'server') link.torn = true;
    // Timers of one length fire in the order in which they were set.
    else if (delayMs > 0) setTimeout(write, delayMs);
    else write();
  }

  function accept(client: Socket): void {
    seen.connections += 1;
    if (mode === 'reset') {
      client.on('error', () => {});
      client.resetAndDestroy();
      return;
    }
    const server = connect({ host: target.host ?? '127.0.0.1', port: target.port });
    const link: Link = { client, server, held: [], torn: false };
    links.add(link);
    for (const [socket, peer, from] of [
      [client, server, 'client'],
      [server, client, 'server'],
    ] as const) {
      socket.setNoDelay(true);
      socket.on('data', (chunk) => relay(link, chunk, from));
      socket.on('error', () => end(link));
      // An orderly end comes after the bytes that are still on their way.
      socket.on('end', () => setTimeout(() => peer.end(), delayMs));
      socket.on('close', () => {
        if (peer.destroyed) links.delete(link);
      });
    }
  }

  const port = await freePort();
  let listener: Server | undefined = await open(accept, port);
  const cut = () => {
    for (const link of links) end(link);
  };
  const close = async () => {
    const closing = listener;
    listener = undefined;
    closing?.close();
    cut();
    if (closing) await once(closing, 'close');
  };

  return {
    port,
    traffic: () => ({ ...seen }),
    async set(next) {
      mode = next;
      for (const link of links) {
        if (link.torn) end(link);
        else if (next !== 'hang') for (const write of link.held.splice(0)) write();
      }
      if (next === 'reset') cut();
      if (next === 'refuse') await close();
      else listener ??= await open(accept, port);
    },
    delay(ms) {
      delayMs = ms;
    },
    cut,
    sent: (words) => new Promise((resolve) => awaited.add({ words, resolve })),
    [Symbol.asyncDispose]: close,
  };
}

async function open(accept: (client: Socket) => void, port: number): Promise<Server> {
  const server = createServer({ allowHalfOpen: false }, accept);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
