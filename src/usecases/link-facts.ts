import { hash } from 'node:crypto';
import type { Fact, TimelineHead, TimelineLink } from '../domain/timeline.ts';

/**
 * The next link of a payment's timeline: SHA-256 over the canonical JSON of its facts, its number and the hash of
 * the link before; the first has the payment's id in its place, so no chain can be moved to another payment. null
 * where there is nothing to tell.
 */
export function linkFacts(
  paymentId: string,
  head: TimelineHead,
  facts: readonly Fact[],
): TimelineLink | null {
  return facts.length === 0 ? null : makeLink(paymentId, head, facts);
}

export function makeLink(
  paymentId: string,
  { count, hash: before }: TimelineHead,
  facts: readonly Fact[],
): TimelineLink {
  const number = count + 1;
  // Canonical as it is: facts are made with their members in order, which a test holds.
  const text = JSON.stringify(facts);
  const previous = before ?? paymentId;
  const hashed = `{"facts":${text},"number":${number},"previous":"${previous}"}`;
  return { number, hash: hash('sha256', hashed, 'hex'), facts: text };
}

export const NO_LINKS: TimelineHead = { count: 0, hash: null };

/** Where a timeline ends once this link is written. */
export function headAfter(head: TimelineHead, link: TimelineLink | null): TimelineHead {
  return link === null ? head : { count: link.number, hash: link.hash };
}
