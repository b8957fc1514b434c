/** Writes the process's metrics into its log once a minute, for CloudWatch to find them there. */
import type { Writable } from 'node:stream';
import type { Clock } from '../domain/ports.ts';
import type { Logger } from '../domain/telemetry.ts';
import { makeLineWriter } from '../log/line-writer.ts';
import { type EmfOptions, emfDocuments, type MetricSample } from './emf.ts';

/** CloudWatch's own standard resolution. */
const EVERY_MS = 60_000;

export interface EmfWriterOptions extends EmfOptions {
  metrics: { read(): Promise<MetricSample[]> };
  clock: Pick<Clock, 'now' | 'sleep'>;
  logger: Logger;
  /** @default process.stdout */
  stream?: Writable;
}

/**
 * The lines pass by the logger: its allow-list of fields is for people's messages, and a metric has a
 * number for a value and never a caller's word for a label.
 */
export function startEmfWriter(options: EmfWriterOptions) {
  const { metrics, clock, logger, stream = process.stdout } = options;
  // A line that nobody took is not missed: the next one is a minute away.
  const writer = makeLineWriter(stream, () => '');
  const stopping = new AbortController();
  let previous: readonly MetricSample[] = [];

  async function write(): Promise<void> {
    const samples = await metrics.read();
    const timestampMs = clock.now().getTime();
    for (const document of emfDocuments(options, { samples, previous, timestampMs })) {
      writer.write(`${JSON.stringify(document)}\n`);
    }
    previous = samples;
  }

  /** Sleeps first: a process that dies at its start, again and again, must not look alive. */
  async function run(): Promise<void> {
    do {
      await clock.sleep(EVERY_MS, stopping.signal);
      await write().catch((error) => {
        logger.warn('a background task failed', { task: 'emf', error });
      });
    } while (!stopping.signal.aborted);
  }

  const running = run();
  return {
    /** Writes what happened since the last line. */
    async close(): Promise<void> {
      stopping.abort();
      await running;
      await writer.close();
    },
  };
}
