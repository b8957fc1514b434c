import { z } from 'zod';

/**
 * Everything but control characters, line and paragraph separators, marks that turn the direction
 * of writing, and halves of surrogate pairs. What is left can be printed, stored and logged as it
 * is.
 */
const PRINTABLE = '[^\\u0000-\\u001F\\u007F-\\u009F\\u2028-\\u202E\\u2066-\\u2069\\uD800-\\uDFFF]';

/**
 * Printable text of at most `max` characters, counted as code points like JSON Schema does. `where`
 * ends the first half of the sentence that a refused caller reads.
 */
export function textSchema(max: number, where = '') {
  const pattern = `^${PRINTABLE}{0,${max}}$`;
  const error = `must have at most ${max} characters${where}, all of them printable`;
  return z.string().regex(new RegExp(pattern, 'u'), { error }).meta({ pattern, maxLength: max });
}
