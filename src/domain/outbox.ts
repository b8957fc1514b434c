/**
 * The port between the relay and the outbox, in which events and jobs are committed with what they
 * tell.
 */
import type { OutboundMessage } from './event.ts';

export interface OutboxRow {
  id: bigint;
  eventId: string;
  message: OutboundMessage;
}

/**
 * One relay's connection to the outbox. It holds locks on shards; when the connection is lost the
 * locks are lost with it, and every method rejects from then on.
 */
export interface OutboxSession {
  /**
   * Takes free shards and gives back surplus ones, so that live relays share them. Returns those
   * held.
   */
  shareShards(): Promise<readonly number[]>;
  /**
   * Committed, unpublished rows of the held shards, at most `limit`: each shard's oldest first, in
   * id order within a shard, and none of the shards starved by another one.
   */
  unpublished(limit: number): Promise<OutboxRow[]>;
  markPublished(ids: readonly bigint[]): Promise<void>;
  /** What waits to be published, in all shards. */
  backlog(): Promise<{ pending: number; oldestSeconds: number }>;
  /** Gives all locks back. */
  close(): Promise<void>;
}

export interface OutboxSource {
  open(): Promise<OutboxSession>;
}
