import { OUTBOX_SHARDS } from '../../domain/event.ts';

/** FNV-1a over the message key: the same wallet, the same shard. */
export function shardOf(messageKey: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < messageKey.length; i += 1) {
    hash = Math.imul(hash ^ messageKey.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0) % OUTBOX_SHARDS;
}
