/** An MSISDN is written E.164 with plus inside the gateway; each adapter spells it its provider's way. */

export const E164_PATTERN = /^\+[1-9]\d{7,14}$/;

/** `+260971234567` becomes `+260*****4567`: country and last four digits, nothing else. */
export function maskMsisdn(msisdn: string): string {
  const head = msisdn.slice(0, 4);
  const tail = msisdn.slice(-4);
  return `${head}${'*'.repeat(Math.max(1, msisdn.length - head.length - tail.length))}${tail}`;
}

/** One operator's numbers in one country, as digits after the plus (country code included). */
export interface PrefixRoute {
  provider: string;
  prefixes: readonly string[];
}

/** The provider whose prefix matches the most digits, or undefined when no prefix matches. */
export function operatorOf(msisdn: string, routes: readonly PrefixRoute[]): string | undefined {
  const digits = msisdn.slice(1);
  let best: { provider: string; length: number } | undefined;
  for (const { provider, prefixes } of routes) {
    for (const prefix of prefixes) {
      if (digits.startsWith(prefix) && prefix.length > (best?.length ?? 0)) {
        best = { provider, length: prefix.length };
      }
    }
  }
  return best?.provider;
}
