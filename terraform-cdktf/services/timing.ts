/**
 * Times that the load balancer, ECS and the server must agree on, from one place. The server checks
 * the order at its start: idle < keep-alive, deregistration + a handler (15 s) < drain < stop
 * timeout.
 */

/** After it the load balancer closes an idle connection. */
export const IDLE_SECONDS = 60;
/**
 * The server's own, above it: the one that closes first must be the one that opens the next
 * request.
 */
export const KEEP_ALIVE_SECONDS = 65;
/** Requests in hand may end on a task that leaves; above the longest handler. */
export const DEREGISTRATION_SECONDS = 20;
/** From SIGTERM to the end, deregistration included. */
export const DRAIN_SECONDS = 45;
/** From SIGTERM to SIGKILL; Fargate gives 120 at most. */
export const STOP_TIMEOUT_SECONDS = 75;
/**
 * Fargate's longest wait for a container that others depend on: for `migrate`, its servers and its
 * lock.
 */
export const INIT_SECONDS = 120;
/** From a container's start to its first good answer; `migrate` has made the schema before. */
export const START_SECONDS = 60;
