/** The arithmetic of IPv4 ranges, done here so that a plan shows addresses and not a formula. */
import { isIPv4 } from 'node:net';

const SUBNET_BITS = 4;

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function toAddress(value: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(value / 2 ** bits) % 256).join('.');
}

/** The n-th sixteenth of a range. */
export function subnetRange(range: string, index: number): string {
  const [address = '', prefix = ''] = range.split('/');
  const length = Number(prefix) + SUBNET_BITS;
  return `${toAddress(toNumber(address) + index * 2 ** (32 - length))}/${length}`;
}

/** True for a range with a prefix in the limits and no bit behind it: 10.40.0.0/16, not 10.40.7.0/16. */
export function isRange(text: string, from: number, to: number): boolean {
  const [address = '', prefix = '', ...rest] = text.split('/');
  const length = Number(prefix);
  if (rest.length > 0 || !isIPv4(address) || !/^\d+$/.test(prefix)) return false;
  return length >= from && length <= to && toNumber(address) % 2 ** (32 - length) === 0;
}

export const ANYWHERE = '0.0.0.0/0';
/** RFC 1918. Where a server that exists already is, unless its team says so more closely. */
export const ANY_PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];
