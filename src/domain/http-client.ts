/**
 * The port for outbound HTTP to providers. It reports what happened on the wire as a value, because "surely
 * never left" and "perhaps arrived" decide about money.
 */
export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT';
  /** Path below the client's base URL, starting with a slash. */
  path: string;
  headers: Record<string, string>;
  /** Exact bytes of the body; absent means none. */
  body?: string;
  /** Wall limit for connect, headers and body together. */
  timeoutMs: number;
}

export type NeverLeftCause =
  | 'dns'
  | 'connect-refused'
  | 'connect-timeout'
  | 'connect-failed'
  | 'tls';
export type LostCause = 'timeout' | 'reset' | 'truncated' | 'too-large' | 'protocol' | 'other';

export type HttpResult =
  /** A whole answer arrived. Redirects are answers too: they are never followed. */
  | { kind: 'response'; status: number; headers: Record<string, string>; body: string }
  /** No byte of the request was sent: no connection was ever established for it. */
  | { kind: 'never-left'; cause: NeverLeftCause; detail: string }
  /** A connection stood; the request may have been processed. */
  | { kind: 'lost'; cause: LostCause; detail: string };

export interface HttpClient {
  /** Never throws, never retries, never follows a redirect. */
  send(request: HttpRequest): Promise<HttpResult>;
  /** Closes the pool; requests under way are aborted. */
  close(): Promise<void>;
}
