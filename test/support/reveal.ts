import { Secret } from '../../src/config/secret.ts';

/** A configuration with its secrets laid open, so that two of them can be compared. */
export function reveal(value: unknown): unknown {
  if (value instanceof Secret) return value.isSet ? { revealed: value.reveal() } : 'unset';
  if (Array.isArray(value)) return value.map(reveal);
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, reveal(item)]));
}
