/**
 * Zod's issues in the words of the problem document. Values are never repeated, names are
 * shortened.
 */
import type { z } from 'zod';
import type { FieldError } from '../../domain/errors.ts';

/** A body has room for thousands of mistakes; nobody reads more than these. */
const MAX_ERRORS = 20;
const MAX_POINTER_LENGTH = 120;

type Issue = z.core.$ZodIssue;

/** RFC 6901. */
export function jsonPointer(path: readonly PropertyKey[]): string {
  const pointer = path
    .map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
  return pointer.slice(0, MAX_POINTER_LENGTH);
}

/** As JSON calls it, with its article. */
function nounOf(type: string): string {
  if (type === 'object' || type === 'record') return 'an object';
  return type === 'array' ? 'an array' : `a ${type}`;
}

/** The schemas word their own rules, so that the sentence has the rule's number. */
function describe(issue: Issue): { code: string; detail: string } {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? { code: 'required', detail: 'is required' }
        : { code: 'type', detail: `must be ${nounOf(issue.expected)}` };
    case 'invalid_format':
      return { code: 'format', detail: issue.message };
    case 'invalid_value':
      return { code: 'value', detail: `must be one of ${issue.values.join(', ')}` };
    case 'invalid_key':
      return { code: 'key', detail: issue.issues[0]?.message ?? issue.message };
    default:
      return { code: 'invalid', detail: issue.message };
  }
}

/** One entry per place: its first broken rule. */
export function fieldErrors(error: z.ZodError): FieldError[] {
  const errors = new Map<string, FieldError>();
  const add = (found: FieldError) => {
    if (!errors.has(found.pointer)) errors.set(found.pointer, found);
  };
  for (const issue of error.issues) {
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys.slice(0, MAX_ERRORS)) {
        const pointer = jsonPointer([...issue.path, key]);
        add({ pointer, code: 'unknown-field', detail: 'is not a field of this request' });
      }
    } else {
      add({ pointer: jsonPointer(issue.path), ...describe(issue) });
    }
  }
  return [...errors.values()].slice(0, MAX_ERRORS);
}
