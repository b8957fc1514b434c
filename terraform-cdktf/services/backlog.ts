/**
 * What waits for the workers, divided by the workers that run: only a measure that halves when
 * tasks double can be tracked.
 */
import { gatewayMetric, type Metric } from '../observability/metrics.ts';
import type { Settings } from '../settings/schema.ts';
import type { Tracking } from './autoscaling.ts';

/** Source: `JOBS_CONSUMER` and `TOPICS` of the gateway. */
export const JOBS = { group: 'settlement', topic: 'payments.jobs' };

/**
 * MSK counts the jobs that the group has not read yet. Another Kafka tells CloudWatch nothing:
 * there it is the outbox, which the same workers empty. Not the age of the oldest unresolved
 * payment: one payment that waits for a person, or a payer who lets the prompt stand, would hold
 * all workers at the maximum for days.
 */
export function waitingMessages(settings: Settings, kafkaClusterName: string | null): Metric {
  if (kafkaClusterName === null) return gatewayMetric(settings, 'outbox_pending', 'Maximum');
  return lag(kafkaClusterName);
}

export function lag(kafkaClusterName: string): Metric {
  return {
    namespace: 'AWS/Kafka',
    name: 'SumOffsetLag',
    statistic: 'Maximum',
    dimensions: {
      'Cluster Name': kafkaClusterName,
      'Consumer Group': JOBS.group,
      Topic: JOBS.topic,
    },
  };
}

export interface BacklogOptions {
  waiting: Metric;
  clusterName: string;
  serviceName: string;
  perTask: number;
}

export function backlogPerTaskAt(options: BacklogOptions): Tracking {
  const { waiting, clusterName, serviceName, perTask } = options;
  const running: Metric = {
    namespace: 'ECS/ContainerInsights',
    name: 'RunningTaskCount',
    statistic: 'Average',
    dimensions: { ClusterName: clusterName, ServiceName: serviceName },
  };
  return {
    targetValue: perTask,
    customizedMetricSpecification: {
      metrics: [
        measured('waiting', waiting),
        measured('running', running),
        { id: 'per_task', expression: 'waiting / running', label: 'Waiting per worker' },
      ].map((metric) => ({ ...metric, returnData: metric.id === 'per_task' })),
    },
  };
}

function measured(id: string, { namespace, name, statistic, dimensions }: Metric) {
  const named = Object.entries(dimensions).map(([key, value]) => ({ name: key, value }));
  return {
    id,
    metricStat: { stat: statistic, metric: { namespace, metricName: name, dimensions: named } },
  };
}
