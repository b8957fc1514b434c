/** API users: the configured one, and those that a client provisions as in MTN's sandbox. */
import { randomUUID } from 'node:crypto';
import type { WireAnswer, WireRequest } from '../../src/domain/simulator.ts';
import { empty, json, refusal, unknownPath } from './simulator-answers.ts';

/** Each provisioned user stays until the process ends. */
const MAX_USERS = 1_000;

interface ApiUser {
  apiKey: string | null;
  /** Host that callback URLs must name; null when any will do. */
  callbackHost: string | null;
}

export interface ApiUsers {
  keyOf(apiUser: string): string | undefined;
  /** Whether callbacks of this user may go to `url`. */
  mayCallBack(apiUser: string, url: string): boolean;
  /** Answers `/v1_0/apiuser…`; `reference` is a checked X-Reference-Id, if there is one. */
  answer(request: WireRequest, reference: string | undefined): WireAnswer;
}

function readCallbackHost(body: string): string | undefined {
  try {
    const host: unknown = JSON.parse(body)?.providerCallbackHost;
    return typeof host === 'string' ? host : undefined;
  } catch {
    return undefined;
  }
}

export function makeApiUsers(configured: { apiUser: string; apiKey: string }): ApiUsers {
  const users = new Map<string, ApiUser>([
    [configured.apiUser, { apiKey: configured.apiKey, callbackHost: null }],
  ]);

  function create(body: string, id: string | undefined): WireAnswer {
    const callbackHost = readCallbackHost(body);
    if (id === undefined || callbackHost === undefined) return empty(400);
    if (users.has(id)) return refusal('RESOURCE_ALREADY_EXIST', 409);
    if (users.size >= MAX_USERS) return refusal('SERVICE_UNAVAILABLE', 503);
    users.set(id, { apiKey: null, callbackHost });
    return empty(201);
  }

  return {
    keyOf: (apiUser) => users.get(apiUser)?.apiKey ?? undefined,
    mayCallBack(apiUser, url) {
      const host = users.get(apiUser)?.callbackHost ?? null;
      return host === null || URL.parse(url)?.hostname === host;
    },
    answer({ method, path, body }, reference) {
      const [, , , id = '', action] = path.split('/');
      if (method === 'POST' && id === '') return create(body, reference);
      const user = users.get(id);
      if (user === undefined) return refusal('RESOURCE_NOT_FOUND', 404);
      if (method === 'GET' && action === undefined) {
        const { callbackHost } = user;
        return json(200, { providerCallbackHost: callbackHost, targetEnvironment: 'sandbox' });
      }
      if (method !== 'POST' || action !== 'apikey') return unknownPath;
      user.apiKey = randomUUID().replaceAll('-', '');
      return json(201, { apiKey: user.apiKey });
    },
  };
}
