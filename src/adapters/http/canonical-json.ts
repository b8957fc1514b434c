/**
 * RFC 8785 for what a validated request holds: strings, whole numbers, booleans, null, arrays and objects.
 * `JSON.stringify` already writes strings and numbers the way the RFC wants; the order of names is left.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    // The RFC sorts by UTF-16 code units, which is how JavaScript compares strings.
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
