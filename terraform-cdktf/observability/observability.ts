/** What a team sees and what wakes it. */
import { Construct } from '../cdktf.ts';
import type { Context, Data, Edge, Keys, Services } from '../stacks/parts.ts';
import { makeAlarm } from './alarm.ts';
import { makeAlarmTopic } from './alarm-topic.ts';
import { alarmTable } from './alarms.ts';
import { makeDashboard } from './dashboard.ts';
import { countLines } from './log-metrics.ts';
import type { Observed } from './metrics.ts';

export interface Observability {
  dashboardName: string;
  alarmTopicArn: string;
}

export interface ObservabilityOptions {
  data: Data;
  edge: Edge;
  services: Services;
  keys: Keys;
}

export function makeObservability(
  context: Context,
  { data, edge, services, keys }: ObservabilityOptions,
): Observability {
  const { stack, settings } = context;
  const observed: Observed = { ...data, ...edge, redisNodes: redisNodes(context, data) };
  const topicArn = makeAlarmTopic(context, new Construct(stack, 'observability'), keys);
  countLines(new Construct(stack, 'lines'), settings, services);
  const alarms = new Construct(stack, 'alarm');
  for (const alarm of alarmTable(settings, observed)) {
    makeAlarm(alarms, { deployment: settings.name, topicArn }, alarm);
  }
  const scope = new Construct(stack, 'overview');
  return {
    dashboardName: makeDashboard(context, scope, observed, services),
    alarmTopicArn: topicArn,
  };
}

/** ElastiCache names the nodes of a replication group by itself: -001, -002 … */
function redisNodes({ settings }: Context, { redisReplicationGroupId }: Data): string[] {
  if (redisReplicationGroupId === null) return [];
  const numbers = Array.from({ length: 1 + settings.redisReplicas }, (_, index) => index + 1);
  return numbers.map((number) => `${redisReplicationGroupId}-${String(number).padStart(3, '0')}`);
}
