/**
 * The 128 bits behind a provider reference, shaped as a UUID v4 because MTN refuses anything else.
 */

const BYTES = 16;

/**
 * 32 hex digits: 16 derived bytes with version 4 and the RFC 9562 variant set. Throws for another
 * length.
 */
export function shapeAsV4(bytes: Uint8Array): string {
  if (bytes.length !== BYTES) throw new RangeError('a reference is made of 16 bytes');
  const shaped = Uint8Array.from(bytes);
  shaped[6] = (shaped[6]! & 0x0f) | 0x40;
  shaped[8] = (shaped[8]! & 0x3f) | 0x80;
  return Array.from(shaped, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
