/** The logger: winston with one format and one transport, which writes JSON lines in batches. */
import type { Writable } from 'node:stream';
import winston from 'winston';
import type { LogFields, Logger } from './domain/telemetry.ts';
import { cleanFields, cleanMessage } from './log/fields.ts';
import { type LineWriterLimits, makeLineWriter } from './log/line-writer.ts';

const LEVELS = { error: 0, warn: 1, info: 2, debug: 3 } as const;
type Level = keyof typeof LEVELS;

export interface LoggerOptions {
  /** The lowest level that is written. */
  level: Level;
  /** Stands on every line. */
  role: string;
  /** @default process.stdout */
  stream?: Writable;
  /** Lines for people instead of JSON. @default false */
  pretty?: boolean;
  limits?: LineWriterLimits;
}

export interface ClosableLogger extends Logger {
  /** Writes what is left. Lines that come later are lost. */
  close(): Promise<void>;
}

interface Line {
  level: string;
  message: string;
  fields: LogFields;
}

function toJson(role: string, { level, message, fields }: Line): string {
  const time = new Date().toISOString();
  return `${JSON.stringify({ time, level, role, message, ...fields })}\n`;
}

/** JSON escapes line breaks; here everything that could steer a terminal is written out. */
function toText(_role: string, { level, message, fields }: Line): string {
  const time = new Date().toISOString().slice(11, 23);
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${showValue(value)}`);
  const line = [time, level.toUpperCase().padEnd(5), message, ...pairs].join(' ');
  return `${line.replace(/\p{Cc}/gu, (control) => JSON.stringify(control).slice(1, -1))}\n`;
}

function showValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Winston exports its base transport; its types do not say so. */
const { Transport } = winston as unknown as {
  Transport: new (options: { log(line: Line, next: () => void): void }) => winston.transport;
};

export function makeLogger(options: LoggerOptions): ClosableLogger {
  const { level: threshold, role, stream = process.stdout, pretty = false, limits } = options;
  const render = pretty ? toText : toJson;
  const writer = makeLineWriter(
    stream,
    (count) => render(role, { level: 'warn', message: 'log lines dropped', fields: { count } }),
    limits,
  );
  const backend = winston.createLogger({
    levels: LEVELS,
    level: threshold,
    format: { transform: clean },
    transports: new Transport({
      log(line: Line, next: () => void) {
        writer.write(render(role, line));
        // If the process dies next, its last words are out.
        if (line.level === 'error') writer.flush();
        next();
      },
    }),
  });

  function make(base: LogFields): Logger {
    function at(level: Level) {
      if (LEVELS[level] > LEVELS[threshold]) return () => {};
      return (message: string, fields?: LogFields) => {
        backend.log({ level, message, fields: fields ? { ...base, ...fields } : base });
      };
    }
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (fields) => make({ ...base, ...fields }),
    };
  }

  return { ...make({}), close: writer.close };
}

/** The one format: what may stand on a line, without what must not. */
function clean(info: winston.Logform.TransformableInfo): winston.Logform.TransformableInfo {
  info.message = cleanMessage(info.message as string);
  info.fields = cleanFields(info.fields as LogFields, info.level === 'error');
  return info;
}
