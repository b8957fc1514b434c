/**
 * RFC 8785 for what a validated request holds: strings, whole numbers, booleans, null, arrays and
 * objects. `JSON.stringify` already writes strings and numbers the way the RFC wants; the order of
 * names is left.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = value as Record<string, unknown>;
  let text = '';
  // The RFC sorts by UTF-16 code units, which is how JavaScript sorts strings.
  for (const name of Object.keys(members).sort()) {
    if (members[name] === undefined) continue;
    if (text !== '') text += ',';
    text += `${JSON.stringify(name)}:${canonicalJson(members[name])}`;
  }
  return `{${text}}`;
}
