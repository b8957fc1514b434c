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

function describe(issue: Issue): { code: string; detail: string } {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? { code: 'required', detail: 'is required' }
        : { code: 'type', detail: `must be a ${issue.expected}` };
    case 'invalid_format':
      return { code: 'format', detail: 'does not have the required form' };
    case 'invalid_value':
      return { code: 'value', detail: 'is not one of the allowed values' };
    case 'invalid_key':
      return { code: 'key', detail: 'has a name that is too long or cannot be printed' };
    default:
      return { code: 'invalid', detail: issue.message };
  }
}

export function fieldErrors(error: z.ZodError): FieldError[] {
  const errors: FieldError[] = [];
  for (const issue of error.issues) {
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys.slice(0, MAX_ERRORS)) {
        const pointer = jsonPointer([...issue.path, key]);
        errors.push({ pointer, code: 'unknown-field', detail: 'is not a field of this request' });
      }
    } else {
      errors.push({ pointer: jsonPointer(issue.path), ...describe(issue) });
    }
  }
  return errors.slice(0, MAX_ERRORS);
}
