/** Reading what a provider answered, without believing any of it. */
import type { HttpResult } from '../http-client.ts';

export type HttpAnswer = Extract<HttpResult, { kind: 'response' }>;

/**
 * What every classifier sees: the whole answer, its JSON if it has one, and the code that it gave.
 */
export interface ProviderAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The parsed object; undefined for no JSON, and for JSON that is not an object. */
  readonly json: JsonObject | undefined;
  /** The provider's own code, as it said it; null when there is none. */
  readonly providerCode: string | null;
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function readObject(body: string): JsonObject | undefined {
  if (body === '') return undefined;
  try {
    return asObject(JSON.parse(body));
  } catch {
    return undefined;
  }
}

/** The value when it is an object and no array. */
export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

/** A property of its own, never one that every object inherits. */
export function property(object: JsonObject | undefined, name: string): unknown {
  return object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Text that may be shown and logged: short, without spaces or control characters. Else null. */
export function readCode(value: unknown): string | null {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && /^[\w.-]{1,64}$/.test(text) ? text : null;
}

/** A page, not an answer: what firewalls and proxies in front of a provider say. */
export function isMarkup(body: string): boolean {
  return body.trimStart().startsWith('<');
}

/** Longest pause that is believed. */
const MAX_RETRY_AFTER_SECONDS = 3_600;

/**
 * `Retry-After` in its form of seconds. The form of a date needs a shared clock, and no provider
 * uses it.
 */
export function readRetryAfterSeconds(headers: Readonly<Record<string, string>>) {
  const text = headers['retry-after'] ?? '';
  if (!/^\d{1,9}$/.test(text)) return undefined;
  return Math.min(Math.max(1, Number(text)), MAX_RETRY_AFTER_SECONDS);
}
