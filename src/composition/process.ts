import type { Writable } from 'node:stream';
import type { Config } from '../config.ts';
import type { Clock, Ids } from '../domain/ports.ts';
import type { Logger } from '../domain/telemetry.ts';
import type { GatewayMetrics } from '../metrics.ts';

/** What every role has. */
export interface ProcessParts {
  config: Config;
  logger: Logger;
  metrics: GatewayMetrics;
  clock: Clock;
  ids: Ids;
  /** Aborted when the process was asked to end: a start that waits for somebody gives up. */
  stopping?: AbortSignal;
  /** For metrics beside the log's lines. @default process.stdout */
  output?: Writable;
}

/** A role that runs. `close` is the orderly way out, in its own time; it may be called more than once. */
export interface RunningRole {
  /** Lines for a person at the terminal; empty for roles that nobody starts by hand. */
  urls: Record<string, string>;
  close(): Promise<void>;
}
