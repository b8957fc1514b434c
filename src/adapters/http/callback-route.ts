/**
 * Provider callbacks: raw bytes in, a hint to ask sooner out. Nothing that they say is believed
 * here.
 */
import type { RequestHandler } from 'express';
import { GatewayError } from '../../domain/errors.ts';
import type { CallbackResult, Gateway } from '../../domain/gateway.ts';
import { checkDeclaredLength, readBody } from './body-reader.ts';
import type { Catalogue } from './catalogue.ts';
import { contextOf } from './context.ts';
import type { LoadGate } from './load-gate.ts';
import { sendJson } from './send.ts';

export interface CallbackPath {
  provider: string;
  /** null when several markets share the path. */
  market: string | null;
  path: string;
  /** As the API description and the metrics write it. */
  pattern: string;
  methods: readonly ('POST' | 'PUT')[];
}

/**
 * One path per provider that calls back; a new provider needs its catalogue entry and nothing here.
 */
export function callbackPaths(catalogue: Catalogue): CallbackPath[] {
  return catalogue.names.flatMap((provider) => {
    const entries = catalogue.entries.filter(({ name }) => name === provider);
    const callback = entries.find((entry) => entry.callback)?.callback;
    if (callback === undefined) return [];
    const path = `/callbacks/${callback.path ?? provider.toLowerCase()}`;
    return {
      provider,
      market: entries.length === 1 ? (entries[0]?.market ?? null) : null,
      path: callback.withToken ? `${path}/:token` : path,
      pattern: callback.withToken ? `${path}/{token}` : path,
      methods: callback.methods,
    };
  });
}

function refusalOf(result: Exclude<CallbackResult, 'accepted'>): GatewayError {
  return result === 'rejected'
    ? new GatewayError('forbidden', 'The callback was refused.')
    : new GatewayError('not-found', 'There is no such payment.');
}

export function makeCallbackRoute(options: {
  gateway: Gateway;
  loadGate: LoadGate;
  countAddress: RequestHandler;
  refuseSpent: RequestHandler;
  target: CallbackPath;
}): RequestHandler {
  const { gateway, loadGate, countAddress, refuseSpent, target } = options;
  return async (request, response, next) => {
    checkDeclaredLength(request, response);
    // A forger who has spent its limit costs nothing more.
    let refused: unknown;
    await refuseSpent(request, response, (error?: unknown) => {
      refused = error;
    });
    if (refused !== undefined) return next(refused);
    const body = await readBody(request);
    loadGate.enter(contextOf(response));
    const token = request.params.token;
    const { method, headers } = request;
    const result = await gateway.providerCallback(
      target.provider,
      target.market,
      typeof token === 'string' ? token : null,
      { method, headers, body },
    );
    if (result === 'accepted') {
      sendJson(response, 200, {});
      return;
    }
    // Forgers are counted, a provider's own traffic is not.
    countAddress(request, response, (error?: unknown) => next(error ?? refusalOf(result)));
  };
}
