/** Makes an alarm of a line of the table. */
import {
  CloudwatchMetricAlarm,
  type CloudwatchMetricAlarmConfig,
  type Construct,
} from '../cdktf.ts';
import type { Metric } from './metrics.ts';

export interface Alarm {
  id: string;
  /** What is the matter, for the person who is woken. */
  says: string;
  /** Heading of docs/operations.md, as its anchor. */
  runbook: string;
  /** By the names that the expression has for them. */
  metrics: Readonly<Record<string, Metric>>;
  /** @default the only metric */
  expression?: string;
  when: 'above' | 'below';
  threshold: number;
  /** @default 60 */
  periodSeconds?: number;
  /** Periods in a row. */
  periods: number;
  /** Whether silence is bad news. */
  silenceIsBad?: boolean;
}

export interface AlarmPlace {
  /** In front of every alarm's name. */
  deployment: string;
  topicArn: string;
}

const COMPARISON = { above: 'GreaterThanThreshold', below: 'LessThanThreshold' } as const;

export function makeAlarm(scope: Construct, { deployment, topicArn }: AlarmPlace, alarm: Alarm) {
  const { id, says, runbook, when, threshold, periods, silenceIsBad = false } = alarm;
  return new CloudwatchMetricAlarm(scope, id.replaceAll('-', '_'), {
    alarmName: `${deployment}-${id}`,
    alarmDescription: `${says} Runbook: docs/operations.md#${runbook}`,
    comparisonOperator: COMPARISON[when],
    threshold,
    evaluationPeriods: periods,
    treatMissingData: silenceIsBad ? 'breaching' : 'notBreaching',
    alarmActions: [topicArn],
    okActions: [topicArn],
    ...measure(alarm),
  });
}

function measure(alarm: Alarm): Partial<CloudwatchMetricAlarmConfig> {
  const { metrics, expression, says, periodSeconds: period = 60 } = alarm;
  const entries = Object.entries(metrics);
  if (expression === undefined) {
    const [, { namespace, name: metricName, statistic, dimensions }] = entries[0]!;
    return { namespace, metricName, statistic, dimensions, period };
  }
  const inputs = entries.map(([id, { namespace, name: metricName, statistic, dimensions }]) => ({
    id,
    returnData: false,
    metric: { namespace, metricName, stat: statistic, dimensions, period },
  }));
  return {
    metricQuery: [...inputs, { id: 'result', expression, label: says, returnData: true }],
  };
}
