import type { Checker, Violation } from './checker.ts';

/** KAF-4: a consumer sees each payment's events without a gap; what comes again is the same event. */
export const eventsInOrder: Checker = {
  name: 'events in order',
  check({ events }) {
    const found: Violation[] = [];
    const last = new Map<string, number>();
    const ids = new Map<string, string>();
    for (const { id, subject, sequence } of events) {
      const before = last.get(subject) ?? 0;
      if (sequence > before + 1) {
        found.push({ says: `${subject} jumps from ${before} to ${sequence}`, paymentId: subject });
      }
      if (sequence > before) last.set(subject, sequence);
      const place = `${subject} ${sequence}`;
      if ((ids.get(place) ?? id) !== id) {
        found.push({ says: `${place} is two events`, paymentId: subject });
      }
      ids.set(place, id);
    }
    return found;
  },
};
