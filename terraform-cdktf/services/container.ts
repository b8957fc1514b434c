/**
 * One container definition for every role: the roles differ in what they are told, not in how they
 * are kept.
 */
import type { Settings } from '../settings/schema.ts';
import type { Grants } from './environment.ts';
import { INIT_SECONDS, START_SECONDS, STOP_TIMEOUT_SECONDS } from './timing.ts';

export interface ContainerOptions {
  /** Also its name. */
  role: string;
  grants: Grants;
  /** Null: nobody calls it. The ops port is never here. */
  port: number | null;
  logGroupName: string;
  /** Ends before the others start. */
  isInit?: boolean;
  /** A role that does one thing and ends has no health. */
  hasHealth?: boolean;
  /** Name of the container that must have ended well before. */
  after?: string;
}

export function containerDefinition(settings: Settings, options: ContainerOptions): object {
  const { role, grants, port, logGroupName } = options;
  const { isInit = false, hasHealth = !isInit, after } = options;
  return {
    name: role,
    image: settings.image,
    command: [role],
    essential: !isInit,
    environment: sorted(grants.environment, 'value'),
    secrets: sorted(grants.secrets, 'valueFrom'),
    ...(port !== null && { portMappings: [{ containerPort: port, protocol: 'tcp' }] }),
    ...(after !== undefined && { dependsOn: [{ containerName: after, condition: 'SUCCESS' }] }),
    ...(hasHealth && { healthCheck: healthCheck() }),
    ...(isInit && { startTimeout: INIT_SECONDS }),
    stopTimeout: STOP_TIMEOUT_SECONDS,
    ...confinement(settings),
    logConfiguration: logConfiguration(settings, logGroupName),
  };
}

/** Nothing in the image needs a privilege or writes a file; what it has to keep is in Postgres. */
function confinement(settings: Settings) {
  return {
    user: '1000:1000',
    // The agent of ECS Exec writes into the container: AWS supports no read-only root with it.
    readonlyRootFilesystem: !settings.executeCommand,
    linuxParameters: {
      // It is process 1, hands SIGTERM on and takes in orphans, such as those of ECS Exec.
      initProcessEnabled: true,
      capabilities: { drop: ['ALL'] },
    },
  };
}

/** The image's own, written down: ECS does not read HEALTHCHECK. */
function healthCheck() {
  return {
    command: ['CMD', 'node', 'healthcheck.mjs'],
    interval: 10,
    timeout: 5,
    retries: 3,
    startPeriod: START_SECONDS,
  };
}

/**
 * Non-blocking: Node writes to a pipe synchronously, so a slow CloudWatch would stop the event loop
 * with charges in hand. Lines beyond the buffer are lost then; no truth about money is in the log
 * alone. 25 MB: AWS measured no loss up to 5 MB/s with it ("Preventing log loss with non-blocking
 * mode", 2023).
 */
function logConfiguration({ region }: Settings, group: string) {
  return {
    logDriver: 'awslogs',
    options: {
      'awslogs-group': group,
      'awslogs-region': region,
      'awslogs-stream-prefix': 'task',
      mode: 'non-blocking',
      'max-buffer-size': '25m',
    },
  };
}

/** By name, so that the order in which grants are joined never shows as a change. */
function sorted(values: Readonly<Record<string, string>>, key: 'value' | 'valueFrom') {
  const names = Object.keys(values).sort();
  return names.map((name) => ({ name, [key]: values[name] }));
}
