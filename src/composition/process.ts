import type { Config } from '../config.ts';
import type { Clock, Ids } from '../domain/ports.ts';
import type { Logger, Metrics } from '../domain/telemetry.ts';

/** What every role has. */
export interface ProcessParts {
  config: Config;
  logger: Logger;
  metrics: Metrics & { render(): Promise<{ contentType: string; body: string }> };
  clock: Clock;
  ids: Ids;
  /** Aborted when the process was asked to end: a start that waits for somebody gives up. */
  stopping?: AbortSignal;
}

/** A role that runs. `close` is the orderly way out, in its own time; it may be called more than once. */
export interface RunningRole {
  /** Lines for a person at the terminal; empty for roles that nobody starts by hand. */
  urls: Record<string, string>;
  close(): Promise<void>;
}
