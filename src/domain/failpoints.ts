/**
 * Named places where a test makes a process die as by `kill -9` (IDM-9, KAF-6). Each stands between two
 * steps whose order the protocol promises. Production refuses them.
 */
export const FAILPOINTS = [
  // The api: one payment, from its claim to its recorded outcome.
  'before-claim',
  'after-claim',
  /** The intent is committed; nothing was sent. */
  'after-intent',
  'before-send',
  /** The provider has answered; nothing of it is recorded. */
  'after-accept',
  /** The outcome is committed and nobody was told. In the worker: a settlement. */
  'after-outcome',
  // The worker: the relay, …
  'before-publish',
  /** Acknowledged by the brokers, not yet marked as published. */
  'after-publish',
  // … a batch of jobs, …
  'before-effect',
  /** The effect is committed, the offset is not. */
  'after-effect',
  // … and a settlement.
  'after-due',
  /** The provider has told how it stands; nothing of it is recorded. */
  'after-word',
] as const;
export type Failpoint = (typeof FAILPOINTS)[number];

export interface FailpointSetting {
  name: Failpoint;
  /** The process dies when it comes here for this time, counted from 1. */
  hit: number;
}
