/**
 * Access tokens as `subject.expiry.signature`: nothing to store, so a restart forgets none of them.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AccessTokens } from '../../domain/simulator.ts';

function sign(payload: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(payload).digest();
}

export function makeAccessTokens(nowMs: () => number): AccessTokens {
  return {
    issue(subject, secret, lifetimeMs) {
      const expiry = (nowMs() + lifetimeMs).toString(36);
      const payload = `${Buffer.from(subject).toString('base64url')}.${expiry}`;
      return `${payload}.${sign(payload, secret).toString('base64url')}`;
    },
    subjectOf(token, secretOf) {
      const [encoded = '', expiry = '', signature = ''] = token.split('.');
      const expiresAtMs = Number.parseInt(expiry, 36);
      if (!(expiresAtMs > nowMs())) return undefined;
      const subject = Buffer.from(encoded, 'base64url').toString();
      const secret = secretOf(subject);
      if (secret === undefined) return undefined;
      const given = Buffer.from(signature, 'base64url');
      const expected = sign(`${encoded}.${expiry}`, secret);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
      return subject;
    },
  };
}
