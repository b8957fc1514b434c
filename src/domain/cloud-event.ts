/**
 * Reading a CloudEvent from a topic: total, tolerant of new fields, strict about unknown versions.
 */
import type { CloudEvent } from './event.ts';

/** `dataschema` of facts about a payment (`payments.events`). A new version is a new name. */
export const EVENT_DATA_SCHEMA = 'urn:payments:event:v1';
/** `dataschema` of requests to settle a payment (`payments.jobs`). */
export const JOB_DATA_SCHEMA = 'urn:payments:job:v1';

const KNOWN_SCHEMAS: ReadonlySet<unknown> = new Set([EVENT_DATA_SCHEMA, JOB_DATA_SCHEMA]);

export type NotAnEvent =
  | 'json-invalid'
  /** JSON, but a required attribute is missing or has the wrong shape. */
  | 'event-invalid'
  /**
   * A `specversion` or `dataschema` of a newer writer: to guess at its meaning could move money.
   */
  | 'version-unknown';

export type ParsedEvent = { ok: true; event: CloudEvent } | { ok: false; why: NotAnEvent };

/**
 * Reads one message value. Attributes and data fields that are not known here are ignored, so an
 * older reader lives with a newer writer of the same version. Never throws.
 */
export function parseCloudEvent(value: string): ParsedEvent {
  let json: unknown;
  try {
    json = JSON.parse(value);
  } catch {
    return { ok: false, why: 'json-invalid' };
  }
  if (!isObject(json)) return { ok: false, why: 'event-invalid' };
  if (typeof json.specversion !== 'string' || typeof json.dataschema !== 'string') {
    return { ok: false, why: 'event-invalid' };
  }
  if (json.specversion !== '1.0' || !KNOWN_SCHEMAS.has(json.dataschema)) {
    return { ok: false, why: 'version-unknown' };
  }
  return hasAttributes(json) ? { ok: true, event: json } : { ok: false, why: 'event-invalid' };
}

function hasAttributes(json: Record<string, unknown>): json is CloudEvent & typeof json {
  return (
    ['id', 'source', 'type', 'subject'].every((name) => isText(json[name])) &&
    isText(json.time) &&
    !Number.isNaN(Date.parse(json.time)) &&
    isText(json.sequence) &&
    /^[1-9]\d{0,9}$/.test(json.sequence) &&
    json.datacontenttype === 'application/json' &&
    (json.traceparent === undefined || isText(json.traceparent)) &&
    isObject(json.data)
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
