import { connect, type Socket } from 'node:net';

export interface Connection {
  /** One request at a time; its answer comes by `onAnswer`. */
  send(request: string): void;
  close(): void;
}

export interface ConnectionOptions {
  host: string;
  port: number;
  /** It may send: after connecting, and after each answer. */
  onIdle(connection: Connection): void;
  onAnswer(connection: Connection, status: number): void;
  /** Broken; `hadRequest` when one was under way. Another connection takes its place by itself. */
  onLost(connection: Connection, hadRequest: boolean): void;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const STATUS_AT = 9;
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i;
const CLOSES = /\r\nconnection: *close/i;
const RECONNECT_MS = 10;

/**
 * HTTP/1.1 by hand on a bare socket. A full client costs more than the answers that are measured, and
 * generator and server share the machine. It reads what these servers write: a status, a Content-Length.
 */
export function openConnection(options: ConnectionOptions): Connection {
  const { host, port, onIdle, onAnswer, onLost } = options;
  let socket: Socket;
  let isBusy = false;
  let isClosed = false;
  let received: Buffer | null = null;

  function onData(chunk: Buffer): void {
    received = received === null ? chunk : Buffer.concat([received, chunk]);
    const headEnd = received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = received.toString('latin1', 0, headEnd);
    const length = Number(CONTENT_LENGTH.exec(head)?.[1] ?? 0);
    if (received.length < headEnd + HEAD_END.length + length) return;
    received = null;
    isBusy = false;
    onAnswer(connection, Number(head.slice(STATUS_AT, STATUS_AT + 3)));
    // A server may end a connection after many requests; a request written now would be lost.
    if (CLOSES.test(head)) socket.end();
    else if (!isClosed) onIdle(connection);
  }

  function onClose(): void {
    const hadRequest = isBusy;
    isBusy = false;
    received = null;
    if (isClosed) return;
    onLost(connection, hadRequest);
    setTimeout(open, hadRequest ? RECONNECT_MS : 0);
  }

  function open(): void {
    if (isClosed) return;
    socket = connect({ host, port, noDelay: true });
    socket.once('connect', () => onIdle(connection));
    socket.on('data', onData);
    // Followed by 'close', which knows what was lost.
    socket.on('error', () => undefined);
    socket.once('close', onClose);
  }

  const connection: Connection = {
    send(request) {
      isBusy = true;
      socket.write(request, 'latin1');
    },
    close() {
      isClosed = true;
      socket.destroy();
    },
  };
  open();
  return connection;
}
