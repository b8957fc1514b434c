/**
 * ECS: the emulator forgets whether tasks are spread again over the zones, and goes on to list a deployment
 * that failed and has no task left, whose end Terraform would wait for.
 */
import type { Deployment } from '@aws-sdk/client-ecs';
import type { Completion } from './front.ts';

const SERVICES = /^AmazonEC2ContainerServiceV20141113\.(Create|Update|Describe)Services?$/;

interface Told {
  serviceArn: string;
  deployments: Deployment[];
  availabilityZoneRebalancing?: string;
}

export function services(): Completion {
  /** By ARN. */
  const rebalancing = new Map<string, string>();
  return {
    concerns: ({ target }) => SERVICES.test(target),
    complete({ text }, answer) {
      const body: { service?: Told; services?: Told[] } = JSON.parse(answer);
      const { availabilityZoneRebalancing: asked } = JSON.parse(text);
      if (body.service && asked) rebalancing.set(body.service.serviceArn, asked);
      for (const service of [body.service, ...(body.services ?? [])]) {
        if (!service) continue;
        service.deployments = service.deployments.filter((each) => !isOver(each));
        const known = rebalancing.get(service.serviceArn);
        if (known) service.availabilityZoneRebalancing = known;
      }
      return JSON.stringify(body);
    },
  };
}

function isOver({ rolloutState, runningCount, pendingCount }: Deployment): boolean {
  return rolloutState === 'FAILED' && !runningCount && !pendingCount;
}
