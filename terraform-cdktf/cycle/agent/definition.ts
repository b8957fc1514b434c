/** What a container that the emulator starts is in the task definition: found by the labels that it gives. */
import type { ContainerDefinition, TaskDefinition } from '@aws-sdk/client-ecs';
import type { Clients } from '../clients.ts';

export interface Part {
  taskArn: string;
  clusterArn: string;
  definition: TaskDefinition;
  container: ContainerDefinition;
}

/** `gateway-api/api`: for people. */
export function nameOf({ definition, container }: Part): string {
  return `${definition.family}/${container.name}`;
}

const LABEL = 'com.amazonaws.ecs.';

/** Undefined for a container of no task. */
export async function findPart(
  { ecs }: Clients,
  labels: Readonly<Record<string, string>> = {},
): Promise<Part | undefined> {
  const label = (name: string) => labels[`${LABEL}${name}`] ?? '';
  const taskArn = label('task-arn');
  if (taskArn === '') return undefined;
  const taskDefinition = `${label('task-definition-family')}:${label('task-definition-version')}`;
  const { taskDefinition: definition } = await ecs.describeTaskDefinition({ taskDefinition });
  const name = label('container-name');
  const container = definition?.containerDefinitions?.find((each) => each.name === name);
  if (!definition || !container) throw new Error(`${taskDefinition} has no container ${name}`);
  return { taskArn, clusterArn: label('cluster'), definition, container };
}

/** The service that a task belongs to; undefined for one that somebody ran by itself. */
export async function findService({ ecs }: Clients, part: Part) {
  const { taskArn, clusterArn } = part;
  const { tasks = [] } = await ecs.describeTasks({ cluster: clusterArn, tasks: [taskArn] });
  const name = /^service:(.+)$/.exec(tasks[0]?.group ?? '')?.[1];
  if (name === undefined) return undefined;
  const { services = [] } = await ecs.describeServices({ cluster: clusterArn, services: [name] });
  return services[0];
}
