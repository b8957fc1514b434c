/** An ECS service for any role. A deployment that does not come up is taken back by ECS itself. */
import {
  type Construct,
  EcsService,
  type EcsServiceConfig,
  type ITerraformDependable,
} from '../cdktf.ts';
import type { Context, Edge, Network } from '../stacks/parts.ts';
import type { Task } from './task.ts';
import { INIT_SECONDS, START_SECONDS } from './timing.ts';

export interface ServiceOptions {
  role: string;
  clusterArn: string;
  task: Task;
  network: Network;
  groupId: string;
  tasks: number;
  /** The number of tasks belongs to autoscaling after the first one. */
  isScaled?: boolean;
  /** Behind the load balancer, at this port. */
  behind?: { edge: Edge; port: number };
  /** What must be there before the first task starts. */
  after?: readonly ITerraformDependable[];
  /** Cloud Map's name for it. */
  registryArn?: string;
  /** Never two at a time: the old one stops before the new one starts. */
  isSingle?: boolean;
}

export function makeService(
  { settings }: Context,
  scope: Construct,
  options: ServiceOptions,
): EcsService {
  const { role, clusterArn, task, network, groupId, tasks } = options;
  const { isScaled = false, after = [], behind } = options;
  return new EcsService(scope, 'service', {
    name: role,
    cluster: clusterArn,
    taskDefinition: task.arn,
    launchType: 'FARGATE',
    platformVersion: 'LATEST',
    desiredCount: tasks,
    networkConfiguration: {
      subnets: [...network.privateSubnetIds],
      securityGroups: [groupId],
      assignPublicIp: false,
    },
    enableExecuteCommand: settings.executeCommand,
    enableEcsManagedTags: true,
    propagateTags: 'SERVICE',
    deploymentCircuitBreaker: { enable: true, rollback: true },
    // An apply ends when the new tasks serve.
    waitForSteadyState: true,
    ...rollout(options),
    ...entrance(options),
    // ECS refuses a target group that no listener uses yet.
    dependsOn: [
      ...network.ready,
      ...after,
      task.ready,
      ...(behind === undefined ? [] : [behind.edge.listener]),
    ],
    lifecycle: {
      ...(isScaled && { ignoreChanges: ['desired_count'] }),
      postcondition: [notRolledBack(role, task)],
    },
  });
}

/**
 * Steady is also a service that ECS has rolled back: the provider takes that for success (its issue
 * 20858).
 */
function notRolledBack(role: string, task: Task) {
  return {
    condition: `\${self.task_definition == ${task.address}.arn}`,
    errorMessage: `ECS has rolled ${role} back to the version before: no new task became healthy.`,
  };
}

function rollout({ isSingle = false }: ServiceOptions): Partial<EcsServiceConfig> {
  return {
    deploymentMinimumHealthyPercent: isSingle ? 0 : 100,
    deploymentMaximumPercent: isSingle ? 100 : 200,
    // After a zone's failure tasks go back to it by themselves; it needs room for one more.
    availabilityZoneRebalancing: isSingle ? 'DISABLED' : 'ENABLED',
  };
}

function entrance({ role, behind, registryArn }: ServiceOptions): Partial<EcsServiceConfig> {
  if (registryArn !== undefined) return { serviceRegistries: { registryArn } };
  if (behind === undefined) return {};
  const { edge, port } = behind;
  return {
    loadBalancer: [
      { targetGroupArn: edge.targetGroupArn, containerName: role, containerPort: port },
    ],
    healthCheckGracePeriodSeconds: INIT_SECONDS + START_SECONDS,
  };
}
