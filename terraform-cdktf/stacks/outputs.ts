/** What a person needs after an apply; `terraform output` says it again. */
import { addOutput, type Output } from './output.ts';
import type { Context, Edge, SecurityGroups, Services } from './parts.ts';

export interface Made {
  edge: Edge;
  services: Services;
  groups: SecurityGroups;
  dashboardName: string;
  alarmTopicArn: string;
}

export function makeOutputs({ stack, settings }: Context, made: Made): void {
  const { edge, services, groups } = made;
  const outputs: Record<string, Output> = {
    endpoint: { value: edge.endpoint, description: 'Where merchants call' },
    first_merchant: {
      value: services.firstMerchantCommand,
      description: 'Makes a merchant and prints its API key, once',
    },
    log_groups: { value: services.logGroupNames, description: 'What the tasks say' },
    dashboard: {
      value: dashboardUrl(settings.region, made.dashboardName),
      description: 'Payments, providers and servers at a glance',
    },
    alarm_topic: { value: made.alarmTopicArn, description: 'Alarms are published here' },
    cluster: { value: services.clusterName, description: 'For aws ecs …' },
    callers: {
      value: { api: groups.api, worker: groups.worker },
      description: 'Security groups of the tasks: what a server that exists already must admit',
    },
  };
  for (const [name, output] of Object.entries(outputs)) addOutput(stack, name, output);
}

function dashboardUrl(region: string, name: string): string {
  return `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${name}`;
}
