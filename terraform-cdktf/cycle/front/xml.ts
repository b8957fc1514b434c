/** A value of JSON as the XML of Amazon's query protocol. */
export function toXml(value: unknown): string {
  if (Array.isArray(value)) return value.map((each) => element('member', each)).join('');
  if (typeof value !== 'object' || value === null) return escapeText(String(value));
  return Object.entries(value)
    .filter(([, each]) => each !== null && each !== undefined)
    .map(([name, each]) => element(name, each))
    .join('');
}

export function element(name: string, value: unknown): string {
  // JSON has seconds where XML has a date.
  const isTime = typeof value === 'number' && name.endsWith('Timestamp');
  if (isTime) return element(name, new Date(value * 1000).toISOString());
  return `<${name}>${toXml(value)}</${name}>`;
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
