/** The fields that a log line may carry, and what becomes of their values. */
import type { LogFields } from '../domain/telemetry.ts';
import { redact } from './redact.ts';

/** Anything else is dropped, so that a secret or an MSISDN cannot slip into a log by accident. */
const ALLOWED = new Set([
  ...['requestId', 'traceId', 'merchantId', 'paymentId', 'eventId', 'outboxId', 'keyId'],
  ...['provider', 'market', 'operation', 'outcome', 'status', 'code', 'kind', 'reason', 'phase'],
  ...['method', 'route', 'durationMs', 'delayMs', 'pauseMs', 'timeoutMs', 'everyMs'],
  ...['topic', 'partition', 'partitions', 'offset', 'group', 'groupId', 'consumer', 'type'],
  ...['originTopic', 'originPartition', 'originOffset', 'attempt', 'sequence', 'shard'],
  ...['count', 'written', 'lost', 'charges', 'maxCharges', 'unreadable', 'pending', 'limit'],
  ...['task', 'dependency', 'discrepancy', 'errorClass', 'error', 'store', 'state', 'seal'],
  ...[
    'host',
    'port',
    'url',
    'api',
    'ops',
    'simulators',
    'version',
    'signal',
    'exitCode',
    'variable',
    'expected',
    'warning',
  ],
]);

const MAX_TEXT = 2_048;
const MAX_STACK = 8_192;
/** An error's cause, and the cause of that. */
const MAX_CAUSES = 2;

function clean(text: string, limit: number): string {
  return redact(text.length > limit ? `${text.slice(0, limit)}…` : text);
}

function cleanError(error: Error, withStack: boolean, depth: number): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  return {
    name: clean(name, MAX_TEXT),
    message: clean(message, MAX_TEXT),
    ...(typeof code === 'string' ? { code: clean(code, MAX_TEXT) } : {}),
    ...(withStack && stack ? { stack: clean(stack, MAX_STACK) } : {}),
    ...(cause instanceof Error && depth < MAX_CAUSES
      ? { cause: cleanError(cause, withStack, depth + 1) }
      : {}),
  };
}

/** Plain values, errors, dates, and lists of plain values; any other object could hold anything. */
function cleanValue(value: unknown, withStack: boolean): unknown {
  switch (typeof value) {
    case 'string':
      return clean(value, MAX_TEXT);
    case 'number':
    case 'boolean':
      return value;
    case 'bigint':
      return String(value);
    case 'object':
      break;
    default:
      return undefined;
  }
  if (value instanceof Error) return cleanError(value, withStack, 0);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) {
    return clean(value.filter((item) => typeof item !== 'object').join(','), MAX_TEXT);
  }
  return value === null ? null : undefined;
}

export function cleanMessage(message: string): string {
  return clean(String(message), MAX_TEXT);
}

export function cleanFields(fields: LogFields, withStack: boolean): LogFields {
  const cleaned: LogFields = {};
  for (const name of Object.keys(fields)) {
    if (!ALLOWED.has(name)) continue;
    const value = cleanValue(fields[name], withStack);
    if (value !== undefined) cleaned[name] = value;
  }
  return cleaned;
}
