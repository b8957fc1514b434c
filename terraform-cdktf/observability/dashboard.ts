/** One screen: what merchants see on top, then the providers, what waits, and the servers. */
import { CloudwatchDashboard, type Construct } from '../cdktf.ts';
import { lag } from '../services/backlog.ts';
import type { Settings } from '../settings/schema.ts';
import type { Context, Services } from '../stacks/parts.ts';
import {
  databaseMetric,
  gatewayMetric,
  loadBalancerMetric,
  type Metric,
  type Observed,
  PROVIDERS,
  redisMemory,
  serviceMetric,
} from './metrics.ts';

type Series = Readonly<Record<string, Metric>>;
type Panel = readonly [title: string, series: Series];

/** The grid of CloudWatch is 24 wide. */
const COLUMNS = 3;
const WIDTH = 24 / COLUMNS;
const HEIGHT = 6;

/** Its name. */
export function makeDashboard(
  { settings }: Context,
  scope: Construct,
  observed: Observed,
  services: Services,
): string {
  const panels = [
    ...ofApi(observed),
    ...ofGateway(settings),
    ...ofTasks(services),
    ...ofServers(observed),
  ].filter(([, series]) => Object.keys(series).length > 0);
  const widgets = panels.map((panel, index) => widget(settings.region, panel, index));
  return new CloudwatchDashboard(scope, 'dashboard', {
    dashboardName: settings.name,
    dashboardBody: JSON.stringify({ widgets }),
  }).dashboardName;
}

function ofApi(observed: Observed): Panel[] {
  const sum = (name: string) => loadBalancerMetric(observed, name, 'Sum');
  return [
    [
      'Answers',
      {
        '2xx': sum('HTTPCode_Target_2XX_Count'),
        '4xx': sum('HTTPCode_Target_4XX_Count'),
        '5xx': sum('HTTPCode_Target_5XX_Count'),
        '5xx of the load balancer': sum('HTTPCode_ELB_5XX_Count'),
      },
    ],
    [
      'Seconds to answer',
      {
        mean: loadBalancerMetric(observed, 'TargetResponseTime', 'Average'),
        p99: loadBalancerMetric(observed, 'TargetResponseTime', 'p99'),
      },
    ],
    [
      'Healthy api tasks',
      {
        healthy: loadBalancerMetric(observed, 'HealthyHostCount', 'Minimum'),
        unhealthy: loadBalancerMetric(observed, 'UnHealthyHostCount', 'Maximum'),
      },
    ],
  ];
}

function ofGateway(settings: Settings): Panel[] {
  const byProvider = (name: string, statistic: 'Maximum' | 'Sum'): Series =>
    Object.fromEntries(
      PROVIDERS.map((provider) => [
        provider,
        gatewayMetric(settings, name, statistic, { provider }),
      ]),
    );
  return [
    ['Breaker: 0 closed, 1 half-open, 2 open', byProvider('provider_breaker_state', 'Maximum')],
    ['Refused with 503, by provider', byProvider('provider_rejections', 'Sum')],
    ['Unresolved payments', byProvider('payments_unresolved', 'Maximum')],
    [
      'Seconds since the oldest unresolved',
      byProvider('payments_oldest_unresolved_seconds', 'Maximum'),
    ],
    ['Open discrepancies', byProvider('discrepancies_open', 'Maximum')],
    [
      'Outbox',
      {
        waiting: gatewayMetric(settings, 'outbox_pending', 'Maximum'),
        'seconds of the oldest': gatewayMetric(settings, 'outbox_oldest_seconds', 'Maximum'),
      },
    ],
    ['Dead letters', { messages: gatewayMetric(settings, 'dlq_messages', 'Sum') }],
  ];
}

function ofTasks({ clusterName, apiServiceName, workerServiceName }: Services): Panel[] {
  const of = (serviceName: string, name: string) =>
    serviceMetric({ clusterName, serviceName }, name);
  const panel = (title: string, name: string): Panel => [
    title,
    { api: of(apiServiceName, name), worker: of(workerServiceName, name) },
  ];
  return [panel('CPU percent', 'CPUUtilization'), panel('Memory percent', 'MemoryUtilization')];
}

function ofServers({ kafkaClusterName, postgresInstanceId, redisNodes }: Observed): Panel[] {
  const ofPostgres = (name: string): Series =>
    postgresInstanceId === null
      ? {}
      : { [name]: databaseMetric(postgresInstanceId, name, 'Average') };
  return [
    ['Jobs that wait in Kafka', kafkaClusterName === null ? {} : { lag: lag(kafkaClusterName) }],
    ['Postgres: CPU percent', ofPostgres('CPUUtilization')],
    ['Postgres: connections', ofPostgres('DatabaseConnections')],
    ['Postgres: bytes free', ofPostgres('FreeStorageSpace')],
    [
      'Redis: memory percent',
      Object.fromEntries(redisNodes.map((node, index) => [`node ${index + 1}`, redisMemory(node)])),
    ],
  ];
}

function widget(region: string, [title, series]: Panel, index: number) {
  const metrics = Object.entries(series).map(([label, metric]) => {
    const { namespace, name, statistic: stat, dimensions } = metric;
    return [namespace, name, ...Object.entries(dimensions).flat(), { stat, label }];
  });
  return {
    type: 'metric',
    x: (index % COLUMNS) * WIDTH,
    y: Math.floor(index / COLUMNS) * HEIGHT,
    width: WIDTH,
    height: HEIGHT,
    properties: { title, region, period: 60, view: 'timeSeries', metrics },
  };
}
