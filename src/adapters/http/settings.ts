/** What the HTTP adapter needs to know; `config.ts` reads it from the environment. */

export interface HttpSettings {
  /** Accept the seed's own request body as well. */
  seedDialect: boolean;
  /** Merchant of a call from loopback without a key; null everywhere but in `dev`. */
  demoMerchantId: string | null;
  /**
   * Proxies in front of us whose `X-Forwarded-For` entry is believed: exactly this many, from the
   * right.
   */
  trustedProxyHops: number;
  /** Requests at work at once; above it `overloaded`. */
  maxInFlight: number;
  /** Mean delay of the event loop over half a second; above it `overloaded`. */
  maxEventLoopDelayMs: number;
  merchantRequestsPerMinute: number;
  /** For callers without a valid key. */
  addressRequestsPerMinute: number;
  /** How long a stored answer is replayed; said in the API description. */
  answerRetentionDays: number;
}

export interface ServerLimits {
  headersTimeoutMs: number;
  requestTimeoutMs: number;
  /** A slow client outlives its timeout by at most this. */
  connectionsCheckingIntervalMs: number;
  keepAliveTimeoutMs: number;
  maxRequestsPerSocket: number;
  maxHeaderBytes: number;
  maxConnections: number;
  /** Requests of one connection that may wait for their answers at once. */
  maxPipelined: number;
  /** Nothing was read or written for this long while an answer was due. */
  socketIdleTimeoutMs: number;
}

/** Each has its reason: see SEC-6 and BRK-14. */
export const SERVER_LIMITS: ServerLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 15_000,
  connectionsCheckingIntervalMs: 1_000,
  /** Above the load balancer's idle time of 60 s, so that it never writes into a closing socket. */
  keepAliveTimeoutMs: 65_000,
  /** Spreads long-lived callers over new copies; high enough to cost nothing. */
  maxRequestsPerSocket: 10_000,
  maxHeaderBytes: 16_384,
  maxConnections: 10_000,
  /** No client library pipelines by itself; a flood on one socket is an attack. */
  maxPipelined: 16,
  /** Above the longest handler's deadline. */
  socketIdleTimeoutMs: 30_000,
};

/** Largest body: what a web application firewall in front of us can look into. */
export const MAX_BODY_BYTES = 8_192;
