/**
 * An axios adapter over an undici pool: axios's interface at a third of its own adapter's price.
 */
import { type AxiosAdapter, AxiosError, type AxiosResponse } from 'axios';
import type { Dispatcher } from 'undici';
import type { HttpResult } from '../../domain/http-client.ts';
import { Exchange } from './exchange.ts';
import type { Pool } from './undici.ts';
import { CallTimeout, WireFailure } from './wire-failure.ts';

export interface UndiciAdapterOptions {
  pool: Pool;
  maxResponseBytes: number;
  isTls: boolean;
}

/**
 * Rejects with a `WireFailure` when no whole answer arrived. `config.url` is the path on the pool's
 * origin.
 */
export function makeUndiciAdapter(options: UndiciAdapterOptions): AxiosAdapter {
  return (config) =>
    new Promise<AxiosResponse>((resolve, reject) => {
      if (config.url === undefined || config.data instanceof Object) {
        reject(new AxiosError('only text is sent', AxiosError.ERR_BAD_OPTION, config));
        return;
      }
      const timer = setTimeout(() => {
        exchange.abort(new CallTimeout('the call took too long'));
      }, config.timeout);
      const settle = (result: HttpResult) => {
        clearTimeout(timer);
        if (result.kind !== 'response') {
          reject(new WireFailure(result));
          return;
        }
        const { status, headers, body } = result;
        resolve({ status, statusText: '', headers, data: body, config, request: null });
      };
      const exchange = new Exchange(options, settle);
      options.pool.dispatch(
        {
          path: config.url,
          method: (config.method ?? 'get').toUpperCase() as Dispatcher.HttpMethod,
          headers: flatHeaders(config.headers),
          body: config.data ?? null,
        },
        exchange,
      );
    });
}

/**
 * Name, value, name, value: the form that undici takes without another pass. `false` means "do not
 * send".
 */
function flatHeaders(headers: Record<string, unknown>): string[] {
  const flat: string[] = [];
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (typeof value === 'string') flat.push(name, value);
  }
  return flat;
}
