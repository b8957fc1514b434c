/** The `HttpClient` port: axios over an undici pool, one pool per base URL, every limit set. */
import { Axios, type AxiosRequestConfig } from 'axios';
import type { buildConnector } from 'undici';
import type { HttpClient, HttpRequest, HttpResult } from '../../domain/http-client.ts';
import { makeConnector } from './connector.ts';
import { checkLimits, DEFAULT_HTTP_LIMITS, type HttpLimits } from './limits.ts';
import { Pool } from './undici.ts';
import { makeUndiciAdapter } from './undici-adapter.ts';
import { lost, WireFailure } from './wire-failure.ts';

export interface HttpClientOptions extends Partial<HttpLimits> {
  /** Origin and path prefix; request paths are appended to it. */
  baseUrl: string;
  /** Opens sockets in place of undici's connector: for tests, and for TLS settings. */
  connector?: buildConnector.connector;
}

/** An `HttpClient` that shows its limits, so that a test can prove that none is missing. */
export interface LimitedHttpClient extends HttpClient {
  readonly limits: HttpLimits;
}

export function makeHttpClient(options: HttpClientOptions): LimitedHttpClient {
  const { baseUrl, connector, ...overrides } = options;
  const limits = checkLimits({ ...DEFAULT_HTTP_LIMITS, ...overrides });
  const { origin, pathname, protocol } = new URL(baseUrl);
  const prefix = pathname.replace(/\/+$/, '');
  const pool = makePool(origin, limits, connector);
  const axios = new Axios({
    ...fixedConfig(limits),
    adapter: makeUndiciAdapter({
      pool,
      maxResponseBytes: limits.maxResponseBytes,
      isTls: protocol === 'https:',
    }),
  });
  let inFlight = 0;

  async function send(request: HttpRequest): Promise<HttpResult> {
    const timeoutMs = Math.min(request.timeoutMs, limits.totalMs);
    if (!(timeoutMs > 0)) return unsent('connect-timeout', 'no time left');
    if (inFlight >= limits.maxSockets + limits.maxQueued) {
      return unsent('connect-failed', 'too many requests wait for a socket');
    }
    const { method, path, headers, body } = request;
    inFlight += 1;
    try {
      const answer = await axios.request({
        method,
        url: prefix + path,
        // Axios would call a POST without a type a form.
        headers: body === undefined ? { 'content-type': false, ...headers } : headers,
        data: body,
        timeout: timeoutMs,
      });
      const { status, data } = answer;
      return { kind: 'response', status, headers: { ...(answer.headers as Headers) }, body: data };
    } catch (error) {
      if (error instanceof WireFailure) return error.result;
      // A defect of ours or of axios. Where it struck is not known, so the request may have left.
      return lost(error, false);
    } finally {
      inFlight -= 1;
    }
  }

  return { limits, send, close: () => pool.destroy() };
}

type Headers = Record<string, string>;

function unsent(cause: 'connect-timeout' | 'connect-failed', detail: string): HttpResult {
  return { kind: 'never-left', cause, detail };
}

function makePool(origin: string, limits: HttpLimits, connector?: buildConnector.connector): Pool {
  return new Pool(origin, {
    connect: makeConnector(limits.connectMs, connector),
    connections: limits.maxSockets,
    // More than one request per socket would let one answer's loss re-send its neighbours.
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: limits.keepAliveMs,
    keepAliveMaxTimeout: limits.keepAliveMs,
    maxHeaderSize: limits.maxHeaderBytes,
    // Backstops: undici's clock is coarse, the signal of each call is exact.
    headersTimeout: limits.totalMs,
    bodyTimeout: limits.totalMs,
  });
}

/** Axios as a plain carrier: no redirect, no proxy, no parsing, no judgement about status codes. */
function fixedConfig(limits: HttpLimits): AxiosRequestConfig {
  return {
    maxRedirects: limits.maxRedirects,
    maxContentLength: limits.maxResponseBytes,
    maxBodyLength: limits.maxResponseBytes,
    timeout: limits.totalMs,
    proxy: false,
    responseType: 'text',
    transformRequest: [],
    transformResponse: [],
    validateStatus: null,
  };
}
