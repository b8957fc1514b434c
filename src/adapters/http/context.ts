import type { Response } from 'express';
import type { Caller } from '../../domain/gateway.ts';

/** What is known about one request while it is answered. */
export interface RequestContext {
  readonly requestId: string;
  /** Monotonic. */
  readonly arrivedAtMs: number;
  /** Pattern of the route, never the raw path: it becomes a metric label. */
  route: string;
  caller: Caller | null;
  paymentId: string | null;
  /** W3C trace id of a payment's request. */
  traceId: string | null;
  /** Of the problem document that was answered. */
  code: string | null;
  /** Counted by the load gate, which is told when the answer is done. */
  atWork: boolean;
  /** Gives the place at work back; the answer's end calls it. */
  leave: (() => void) | null;
}

/** Called with every answer: a caller who does not read it holds a socket, and no place. */
export function leaveWork(response: { locals?: { context?: RequestContext } }): void {
  response.locals?.context?.leave?.();
}

export const UNMATCHED_ROUTE = 'unmatched';

/** A response of Node's; only what Express has seen carries a context. */
export interface HasContext {
  readonly locals?: { readonly context?: RequestContext };
}

export function knownContext(response: HasContext): RequestContext | undefined {
  return response.locals?.context;
}

export function contextOf(response: Response): RequestContext {
  return response.locals.context as RequestContext;
}

/** The merchant of an authenticated request; its absence is a programmer's error. */
export function merchantOf(response: Response): string {
  const { caller } = contextOf(response);
  if (caller === null) throw new Error('the route did not authenticate its caller');
  return caller.merchantId;
}
