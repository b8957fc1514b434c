/**
 * The health checks of a task that starts, with their own numbers: the container's command and the target
 * group's request. A task that fails them never becomes a target, and counts as failed for the circuit
 * breaker of the deployment.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { HealthCheck, Service } from '@aws-sdk/client-ecs';
import type { Clients } from '../clients.ts';
import type { Part } from './definition.ts';
import { addressOf, type Docker } from './docker.ts';

/** More often than the checks' own interval, so that a good task is not kept waiting. */
const POLL_MS = 1500;
/** Longest grace that is given here: ten times what a good task needs, and a bad one fails three times. */
export const GRACE_LIMIT_SECONDS = 45;
const REQUEST_LIMIT_MS = 5000;

interface Check {
  what: string;
  /** How long it may fail before the task counts as unhealthy. */
  patienceMs: number;
  passes(): Promise<boolean>;
}

export interface HealthParts {
  clients: Clients;
  docker: Docker;
  /** Runs a program inside; its exit code. */
  exec(id: string, words: readonly string[]): Promise<number>;
}

export async function untilHealthy(
  { clients, docker, exec }: HealthParts,
  id: string,
  part: Part,
  service: Service | undefined,
): Promise<void> {
  // The cheap one first: the other one starts a program.
  const checks = [
    service && (await targetCheck(clients, docker, id, part, service)),
    commandCheck(exec, id, part.container.healthCheck),
  ];
  for (const check of checks) if (check) await pass(check, docker, id);
}

async function pass(check: Check, docker: Docker, id: string): Promise<void> {
  const endsAt = performance.now() + check.patienceMs;
  for (;;) {
    const passed = await check.passes().catch((error: Error) => error);
    if (passed === true) return;
    const { State } = await docker.inspect(id);
    if (!State.Running) throw new Error(`it ended with ${State.ExitCode} before ${check.what}`);
    if (performance.now() > endsAt) {
      const why = passed instanceof Error ? ` (${passed.message})` : '';
      throw new Error(`${check.what} failed for ${check.patienceMs / 1000} s${why}`);
    }
    await sleep(POLL_MS);
  }
}

function commandCheck(
  exec: HealthParts['exec'],
  id: string,
  check?: HealthCheck,
): Check | undefined {
  const [kind, ...words] = check?.command ?? [];
  if (!check || kind === undefined) return undefined;
  const { startPeriod = 0 } = check;
  return {
    what: 'its health check',
    patienceMs: patience(startPeriod),
    passes: async () => {
      const command = kind === 'CMD-SHELL' ? ['/bin/sh', '-c', ...words] : words;
      return (await exec(id, command)) === 0;
    },
  };
}

function patience(graceSeconds = 0): number {
  return Math.min(Math.max(graceSeconds, 10), GRACE_LIMIT_SECONDS) * 1000;
}

async function targetCheck(
  { balancing }: Clients,
  docker: Docker,
  id: string,
  { container }: Part,
  service: Service,
): Promise<Check | undefined> {
  const target = service.loadBalancers?.find((each) => each.containerName === container.name);
  if (!target?.targetGroupArn) return undefined;
  const TargetGroupArns = [target.targetGroupArn];
  const { TargetGroups = [] } = await balancing.describeTargetGroups({ TargetGroupArns });
  const group = TargetGroups[0];
  if (!group) throw new Error(`there is no target group ${target.targetGroupArn}`);
  const { HealthCheckPath = '/' } = group;
  const url = `http://${addressOf(await docker.inspect(id))}:${target.containerPort}${HealthCheckPath}`;
  const expected = new Set((group.Matcher?.HttpCode ?? '200').split(',').map(Number));
  return {
    what: `its target group's ${HealthCheckPath}`,
    patienceMs: patience(service.healthCheckGracePeriodSeconds),
    passes: async () => {
      const answer = await fetch(url, { signal: AbortSignal.timeout(REQUEST_LIMIT_MS) });
      await answer.body?.cancel();
      return expected.has(answer.status);
    },
  };
}
