/** What a person reads before an apply: without the notes that CDKTF leaves for its own tools. */
import type { TerraformStack } from '../cdktf.ts';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

export function toJson(stack: TerraformStack): string {
  stack.prepareStack();
  return `${JSON.stringify(withoutNotes(stack.toTerraform()), null, 2)}\n`;
}

function withoutNotes(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNotes);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).flatMap(([name, inner]): [string, Json][] => {
    if (name !== '//') return [[name, withoutNotes(inner)]];
    const comment = ownComment(inner);
    return comment === null ? [] : [[name, comment]];
  });
  return Object.fromEntries(entries);
}

/** Ours are the skipped checks; `metadata` is CDKTF's. */
function ownComment(comment: Json): Json {
  if (comment === null || typeof comment !== 'object' || Array.isArray(comment)) return comment;
  const { metadata: _, outputs: __, ...own } = comment;
  return Object.keys(own).length > 0 ? own : null;
}
