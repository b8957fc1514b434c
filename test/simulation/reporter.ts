/** A consumer of `payments.events` as docs/events.md asks for one: only the next sequence is applied. */
import { parseCloudEvent } from '../../src/domain/cloud-event.ts';
import type { InboundMessage } from '../../src/domain/event.ts';
import type { Verdict } from '../../src/domain/ports.ts';
import type { Machine } from './machine.ts';
import type { World } from './world.ts';

export const REPORT_GROUP = 'reports';
/** A message fails by itself at most this often: five tries are all that it has. */
const MOST_HICCUPS = 1;

const hiccups = new WeakMap<World, Map<string, number>>();

export function makeReporter(world: World, machine: Machine) {
  const { chaos, dice, reported } = world;
  const wire = machine.wire({
    shareOf: ({ storeShare }) => storeShare,
    failure: () => new Error("the consumer's own store is away"),
  });
  const failed = hiccups.get(world) ?? new Map<string, number>();
  hiccups.set(world, failed);

  function hasHiccup(eventId: string): boolean {
    if (chaos.healed || !dice.chance(chaos.faults.consumerShare)) return false;
    const count = failed.get(eventId) ?? 0;
    failed.set(eventId, count + 1);
    return count < MOST_HICCUPS;
  }

  /** Effect and place are one value here: they change together or not at all. */
  function apply({ value }: InboundMessage): Verdict {
    const parsed = parseCloudEvent(value ?? '');
    if (!parsed.ok) return { kind: 'dead', errorClass: parsed.why };
    const { id, subject, data } = parsed.event;
    if (hasHiccup(id)) return { kind: 'retry', errorClass: 'hiccup' };
    const known = reported.get(subject) ?? { sequence: 0, statuses: [] };
    const sequence = Number(parsed.event.sequence);
    if (sequence <= known.sequence) return { kind: 'done' };
    if (sequence > known.sequence + 1) return { kind: 'retry', errorClass: 'too-early' };
    known.sequence = sequence;
    known.statuses.push(String(data.status));
    reported.set(subject, known);
    return { kind: 'done' };
  }

  return (messages: InboundMessage[]): Promise<Verdict[]> =>
    wire.call(`reports ${messages.length} events`, () => messages.map(apply));
}
