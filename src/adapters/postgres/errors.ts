import { StoreUnavailable } from '../../domain/errors.ts';

/** SQLSTATE classes that speak about the server, not about our statement. */
const SERVER_CLASSES = new Set(['08', '53', '57', '58', 'XX']);
/** The statement surely had no effect, but another try may work: timeouts, deadlock, serialization. */
const ROLLED_BACK = new Set(['57014', '55P03', '40P01', '40001', '25P03']);
/** pg's own sentences for a connection that was never had: nothing can have been written. */
const NEVER_CONNECTED = [
  'timeout exceeded when trying to connect',
  'Connection terminated due to connection timeout',
];
const CONNECT_CODES = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);

export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** True for a database error about the statement or its data: another row may well succeed. */
export function isStatementError(error: unknown): boolean {
  const state = sqlState(error);
  return state !== undefined && !SERVER_CLASSES.has(state.slice(0, 2)) && !ROLLED_BACK.has(state);
}

/** True when the batch was rolled back for a quarrel with another one: its rows may go alone. */
export function isDeadlock(error: unknown): boolean {
  const state = sqlState(error);
  return state === '40P01' || state === '40001';
}

/** A database failure as the use cases see it. Errors of our own statements stay what they are. */
export function toStoreError(error: unknown): unknown {
  if (error instanceof StoreUnavailable || isStatementError(error)) return error;
  return new StoreUnavailable(fateOf(error), error);
}

function fateOf(error: unknown): 'none' | 'unknown' {
  const state = sqlState(error);
  if (state !== undefined && ROLLED_BACK.has(state)) return 'none';
  if (state === '57P03' || state === '53300') return 'none';
  const { code, message = '' } = (error ?? {}) as { code?: string; message?: string };
  if (code !== undefined && CONNECT_CODES.has(code)) return 'none';
  return NEVER_CONNECTED.some((sentence) => message.startsWith(sentence)) ? 'none' : 'unknown';
}
