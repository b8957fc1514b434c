import type { Checker, Violation } from './checker.ts';

/** The graph of docs/architecture.md, written down a second time on purpose. */
const NEXT: Readonly<Record<string, readonly string[]>> = {
  RECEIVED: ['ACCEPTED', 'UNKNOWN', 'FAILED'],
  UNKNOWN: ['ACCEPTED', 'SUCCEEDED', 'FAILED', 'MANUAL_REVIEW'],
  ACCEPTED: ['SUCCEEDED', 'FAILED', 'MANUAL_REVIEW'],
  MANUAL_REVIEW: ['SUCCEEDED', 'FAILED'],
};

/** Each payment's events tell a way through the graph that ends where the payment is. */
export const movesAreLegal: Checker = {
  name: 'moves are legal',
  check({ events, payments }) {
    const found: Violation[] = [];
    const at = new Map<string, { sequence: number; status: string }>();
    for (const { subject, sequence, status } of events) {
      const now = at.get(subject) ?? { sequence: 0, status: 'RECEIVED' };
      if (sequence <= now.sequence) continue;
      if (now.status !== status && !NEXT[now.status]?.includes(status)) {
        found.push({ says: `${subject} went from ${now.status} to ${status}`, paymentId: subject });
      }
      at.set(subject, { sequence, status });
    }
    for (const [id, { status }] of payments) {
      const told = at.get(id)?.status ?? 'RECEIVED';
      if (told !== status) found.push({ says: `${id} is ${status}, told ${told}`, paymentId: id });
    }
    return found;
  },
};
