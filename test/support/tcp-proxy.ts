/** A TCP proxy that a test can make misbehave: it stands between a client and its server. */
import { once } from 'node:events';
import { connect, createServer, type Server, Socket } from 'node:net';
import { freePort } from '../../scripts/servers/ports.ts';

export type ProxyMode =
  | 'pass'
  /** Nobody listens: to connect is refused, and open connections are reset. */
  | 'refuse'
  /** Connections are accepted and stay open; nothing gets through, either way, until the mode changes. */
  | 'hang'
  /** What is sent arrives; what is answered is lost. */
  | 'drop-replies'
  /** What is answered arrives; what is sent is lost. */
  | 'drop-requests'
  /** The server sees its connections end, and their clients are told nothing; new ones lead nowhere. */
  | 'half-open'
  /** Connections are accepted and reset, open ones too. */
  | 'reset';

export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections accepted, bytes sent by clients, and pieces that were lost or held up, since the start. */
  traffic(): { connections: number; bytes: number; harmed: number };
  set(mode: ProxyMode): Promise<void>;
  /** Each direction takes this much longer, and up to `jitterMs` more, in order. */
  delay(ms: number, jitterMs?: number): void;
  /** Each direction of each connection; 0 for no bound. */
  bandwidth(bytesPerSecond: number): void;
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
  fromClient: Lane;
  fromServer: Lane;
  /** A stream with a hole in it cannot go on: the connection is reset when the mode changes. */
  torn: boolean;
}

/** What is on its way in one direction, in order. */
interface Lane {
  waiting: (() => void)[];
  freeAtMs: number;
}

export async function startTcpProxy(target: { host?: string; port: number }): Promise<TcpProxy> {
  const links = new Set<Link>();
  const awaited = new Set<{ words: string; resolve(): void }>();
  const seen = { connections: 0, bytes: 0, harmed: 0 };
  let mode: ProxyMode = 'pass';
  let delayMs = 0;
  let jitterMs = 0;
  let bytesPerSecond = 0;

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

  /** Milliseconds until these bytes may leave their lane. */
  function paceOf(lane: Lane, bytes: number): number {
    const now = performance.now();
    const arrivesAtMs = Math.max(now + delayMs + jitterMs * Math.random(), lane.freeAtMs);
    const sendMs = bytesPerSecond > 0 ? (bytes * 1_000) / bytesPerSecond : 0;
    lane.freeAtMs = arrivesAtMs + sendMs;
    return lane.freeAtMs - now;
  }

  /** Timers of different lengths may fire out of order: each lets out whoever is first. */
  function queue(lane: Lane, bytes: number, step: () => void): void {
    const waitMs = paceOf(lane, bytes);
    if (waitMs <= 0 && lane.waiting.length === 0) {
      step();
      return;
    }
    if (bytes > 0) seen.harmed += 1;
    lane.waiting.push(step);
    setTimeout(() => lane.waiting.shift()?.(), waitMs);
  }

  function relay(link: Link, chunk: Buffer, from: 'client' | 'server'): void {
    const isRequest = from === 'client';
    const to = isRequest ? link.server : link.client;
    const write = () => {
      if (to.writable) to.write(chunk);
    };
    if (isRequest) noteRequest(chunk);
    const isLost = mode === (isRequest ? 'drop-requests' : 'drop-replies') || mode === 'half-open';
    if (mode === 'hang' || isLost) seen.harmed += 1;
    if (mode === 'hang') link.held.push(write);
    else if (isLost) link.torn = true;
    else queue(isRequest ? link.fromClient : link.fromServer, chunk.length, write);
  }

  function accept(client: Socket): void {
    seen.connections += 1;
    if (mode === 'reset') {
      seen.harmed += 1;
      client.on('error', () => {});
      client.resetAndDestroy();
      return;
    }
    const server =
      mode === 'half-open'
        ? new Socket()
        : connect({ host: target.host ?? '127.0.0.1', port: target.port });
    const lanes = { fromClient: emptyLane(), fromServer: emptyLane() };
    const link: Link = { client, server, held: [], torn: mode === 'half-open', ...lanes };
    links.add(link);
    for (const [socket, peer, from] of [
      [client, server, 'client'],
      [server, client, 'server'],
    ] as const) {
      socket.setNoDelay(true);
      socket.on('data', (chunk) => relay(link, chunk, from));
      socket.on('error', () => end(link));
      // An orderly end comes after the bytes that are still on their way.
      const lane = from === 'client' ? link.fromClient : link.fromServer;
      socket.on('end', () => setTimeout(() => queue(lane, 0, () => peer.end()), 0));
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
        else if (next === 'half-open') tear(link);
        else if (next !== 'hang') for (const write of link.held.splice(0)) write();
      }
      if (next === 'reset') cut();
      if (next === 'refuse') await close();
      else listener ??= await open(accept, port);
    },
    delay(ms, jitter = 0) {
      delayMs = ms;
      jitterMs = jitter;
    },
    bandwidth(rate) {
      bytesPerSecond = rate;
    },
    cut,
    sent: (words) => new Promise((resolve) => awaited.add({ words, resolve })),
    [Symbol.asyncDispose]: close,
  };
}

function emptyLane(): Lane {
  return { waiting: [], freeAtMs: 0 };
}

function tear(link: Link): void {
  link.torn = true;
  link.server.destroy();
}

async function open(accept: (client: Socket) => void, port: number): Promise<Server> {
  const server = createServer({ allowHalfOpen: false }, accept);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
