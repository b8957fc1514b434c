import { createHmac, type KeyObject, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** `pga_`, 32 characters of base62 (190 bits), and six of a checksum that finds typing errors early. */
const PREFIX = 'pga_';
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SECRET_LENGTH = 32;
const CHECKSUM_LENGTH = 6;
const SHOWN_LENGTH = PREFIX.length + 6;

export function newApiKey(): string {
  const secret = randomBase62(SECRET_LENGTH);
  return `${PREFIX}${secret}${checksum(secret)}`;
}

/** False for what can never have been one of our keys: no need to ask the store. */
export function looksLikeApiKey(text: string): boolean {
  if (text.length !== PREFIX.length + SECRET_LENGTH + CHECKSUM_LENGTH) return false;
  if (!text.startsWith(PREFIX) || !/^[0-9A-Za-z]+$/.test(text.slice(PREFIX.length))) return false;
  const secret = text.slice(PREFIX.length, -CHECKSUM_LENGTH);
  return text.endsWith(checksum(secret));
}

/**
 * What the store keeps: without the pepper, a stolen table opens nothing. A pepper as bytes is made into a key
 * with each call, which costs four times the hash.
 */
export function hashApiKey(pepper: KeyObject | Uint8Array, key: string): Buffer {
  return createHmac('sha256', pepper).update(key).digest();
}

/** Enough of a key to tell it from others in a list. */
export function shownPrefix(key: string): string {
  return key.slice(0, SHOWN_LENGTH);
}

function checksum(secret: string): string {
  let rest = crc32(secret);
  let text = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i += 1) {
    text = ALPHABET[rest % 62] + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}

function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) {
    // Bytes from 248 up would make some characters likelier than others.
    for (const byte of randomBytes(length)) {
      if (byte < 248 && text.length < length) text += ALPHABET[byte % 62];
    }
  }
  return text;
}
