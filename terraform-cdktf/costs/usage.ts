/** What a million payments adds. Measured where it says so; the rest is counted from what the code sends. */
import type { PresetName } from './inventory.ts';
import { type Price, type PriceName, prices } from './prices.ts';

/**
 * 1,500 payments through `npm start` on 21 November 2026, all of them settled: bytes that `LOG_LEVEL=info`
 * wrote, and the tables that are never pruned, with their indexes.
 */
export const measured = {
  logBytesPerPayment: 845,
  logLinesPerPayment: 3,
  tableBytesPerPayment: 3_770,
};
/** CloudWatch counts so many for each line besides its words. */
const BYTES_PER_LINE = 26;
const GIGABYTE = 1e9;
export const MILLION = 1e6;
/** A payment, a look at it, and the provider's callback. */
const REQUESTS_PER_PAYMENT = 3;
/** With TLS and headers, to merchants and to providers. An answer was measured at 1.4 kB. */
const BYTES_OUT_PER_PAYMENT = 4_000;
/** A charge and a status query, with their answers. */
const BYTES_THROUGH_NAT_PER_PAYMENT = 5_000;
/** An LCU carries a gigabyte in an hour; connections are kept, so bytes count first. */
const LOAD_BALANCER_BYTES_PER_PAYMENT = 8_000;
/** docs/capacity.md: processor time of the gateway's own processes for a payment. */
const PROCESSOR_SECONDS_PER_PAYMENT = 537e-6;
const MONTHS_OF_BOOKS = 12;

export interface Usage {
  what: string;
  quantity: number;
  price: Price;
  usd: number;
}

export function costsPerMillion(preset: PresetName): Usage[] {
  const copies = preset === 'production' ? 2 : 1;
  const gigabytes = (bytes: number) => (bytes * MILLION) / GIGABYTE;
  const logBytes = measured.logBytesPerPayment + measured.logLinesPerPayment * BYTES_PER_LINE;
  const books = gigabytes(measured.tableBytesPerPayment) * copies;
  const processorHours = (PROCESSOR_SECONDS_PER_PAYMENT * MILLION) / 3_600;
  const usage = (what: string, quantity: number, name: PriceName): Usage => {
    const price: Price = prices[name];
    return { what, quantity, price, usd: quantity * price.usd };
  };
  return [
    usage(`books, for ${MONTHS_OF_BOOKS} months`, books * MONTHS_OF_BOOKS, 'postgresGigabyte'),
    ...(preset === 'production'
      ? [usage('requests at WAF', REQUESTS_PER_PAYMENT, 'firewallRequests')]
      : []),
    usage('logs written', gigabytes(logBytes), 'logGigabyte'),
    usage('logs, for 12 months', gigabytes(logBytes) * 12, 'logGigabyteKept'),
    usage('to the internet', gigabytes(BYTES_OUT_PER_PAYMENT), 'gigabyteOut'),
    usage('through the NAT', gigabytes(BYTES_THROUGH_NAT_PER_PAYMENT), 'natGigabyte'),
    usage('load balancer', gigabytes(LOAD_BALANCER_BYTES_PER_PAYMENT), 'loadBalancerUnit'),
    usage('processor time of the gateway', processorHours, 'processor'),
  ];
}

export function sum(usages: readonly Usage[]): number {
  return usages.reduce((all, { usd }) => all + usd, 0);
}
