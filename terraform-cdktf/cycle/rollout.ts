/** What ECS says about a service's deployments. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Deployment, Service } from '@aws-sdk/client-ecs';
import type { Clients } from './clients.ts';

const POLL_MS = 500;

export async function describe({ ecs }: Clients, cluster: string, name: string): Promise<Service> {
  const { services = [] } = await ecs.describeServices({ cluster, services: [name] });
  const service = services[0];
  if (!service) throw new Error(`there is no service ${name}`);
  return service;
}

export function primary({ deployments = [] }: Service): Deployment | undefined {
  return deployments.find(({ status }) => status === 'PRIMARY');
}

/** All targets healthy, and as many as there should be tasks. */
export async function untilTargetsHealthy(clients: Clients, cluster: string, name: string) {
  for (let waitedMs = 0; waitedMs < 120_000; waitedMs += POLL_MS) {
    const service = await describe(clients, cluster, name);
    const TargetGroupArn = service.loadBalancers?.[0]?.targetGroupArn;
    const { TargetHealthDescriptions: targets = [] } = await clients.balancing.describeTargetHealth(
      { TargetGroupArn },
    );
    const healthy = targets.filter(({ TargetHealth }) => TargetHealth?.State === 'healthy').length;
    if (healthy === service.desiredCount && healthy === targets.length) return healthy;
    await sleep(POLL_MS);
  }
  throw new Error(`the targets of ${name} did not become healthy within 2 min`);
}
