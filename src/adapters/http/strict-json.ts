/**
 * JSON without its ambiguities: two parsers must never read two different payments from one body.
 */
import { isUtf8 } from 'node:buffer';
import { GatewayError } from '../../domain/errors.ts';

/** A request is three levels deep; the rest is room for what a later version may add. */
const MAX_DEPTH = 8;
/** Names that reach an object's prototype when somebody copies fields without care. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

export interface StrictJson {
  text: string;
  value: unknown;
}

function jsonInvalid(detail: string): GatewayError {
  return new GatewayError('json-invalid', detail);
}

export function parseStrictJson(body: Buffer): StrictJson {
  if (!isUtf8(body)) throw jsonInvalid('The body is not UTF-8.');
  const text = body.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw jsonInvalid('The body is not JSON.');
  }
  checkStructure(text);
  return { text, value };
}

/** Index of the closing quote of the string whose first character is at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start);
  for (;;) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
}

function checkKey(raw: string, seen: Set<string>): void {
  const key = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
  if (FORBIDDEN_KEYS.has(key)) {
    throw new GatewayError('body-invalid', 'A member of the body has a name that is not allowed.');
  }
  if (seen.has(key)) throw jsonInvalid('An object of the body has the same name twice.');
  seen.add(key);
}

/** One pass over text that is known to be JSON: repeated names, forbidden names, depth. */
function checkStructure(text: string): void {
  // Per open bracket: the names seen so far in an object, or null in an array.
  const open: (Set<string> | null)[] = [];
  let names: Set<string> | null = null;
  let nameComesNext = false;
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case QUOTE: {
        const end = endOfString(text, index + 1);
        if (nameComesNext && names !== null) checkKey(text.slice(index + 1, end), names);
        nameComesNext = false;
        index = end;
        break;
      }
      case COMMA:
        nameComesNext = names !== null;
        break;
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        names = text.charCodeAt(index) === OPEN_OBJECT ? new Set() : null;
        nameComesNext = names !== null;
        if (open.push(names) > MAX_DEPTH) {
          throw new GatewayError('body-invalid', `The body is nested more than ${MAX_DEPTH} deep.`);
        }
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        open.pop();
        names = open.at(-1) ?? null;
        break;
    }
  }
}
