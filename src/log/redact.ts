/** Takes out of a text what must not be in a log, whoever wrote it there (SEC-10). */
import { maskMsisdn } from '../domain/msisdn.ts';

/** Tried in this order at each place of the text. */
const SUSPECTS = [
  // Ids come first, so that digits inside them are not taken for an MSISDN.
  /(?<id>\bpay_[0-9a-f]{32}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{32}\b)/,
  /pga_\w+/,
  /(?<scheme>bearer|basic) +[\w.~+/=-]+/,
  /(?<callback>\/callbacks\/\w+\/)[^\s/?"]+/,
  /:\/\/[^\s/@]*:[^\s/@]*@/,
  // Nine digits lack the country code, as Airtel writes them; more than fifteen are no MSISDN.
  /(?<msisdn>(?<!\d)\+?\d{9,15}(?!\d))/,
];
const ANY_SUSPECT = new RegExp(SUSPECTS.map(({ source }) => source).join('|'), 'gi');

interface Groups {
  id?: string;
  scheme?: string;
  callback?: string;
  msisdn?: string;
}

const SHOWN_DIGITS = 4;

/** Without the plus nobody knows where the country code ends, so only the last digits stay. */
function mask(msisdn: string): string {
  if (msisdn.startsWith('+')) return maskMsisdn(msisdn);
  return '*'.repeat(msisdn.length - SHOWN_DIGITS) + msisdn.slice(-SHOWN_DIGITS);
}

function replace(match: string, ...rest: unknown[]): string {
  const { id, scheme, callback, msisdn } = rest.at(-1) as Groups;
  if (id !== undefined) return id;
  if (msisdn !== undefined) return mask(msisdn);
  if (scheme !== undefined) return `${scheme} [redacted]`;
  if (callback !== undefined) return `${callback}[redacted]`;
  return match.startsWith('://') ? '://[redacted]@' : 'pga_[redacted]';
}

/** Most strings of a request's line are one of our ids: to look for suspects in it costs ten times as much. */
const WHOLE_ID = /^(?:pay_)?[0-9a-f]{32}$|^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function redact(text: string): string {
  if (WHOLE_ID.test(text)) return text;
  return text.replace(ANY_SUSPECT, replace);
}
