/** Lines of the log that somebody must hear of, counted: what no gauge of the gateway says. */
import { CloudwatchLogMetricFilter, type Construct } from '../cdktf.ts';
import type { Settings } from '../settings/schema.ts';
import type { Services } from '../stacks/parts.ts';
import type { Metric } from './metrics.ts';

/**
 * By the name of their metric. `docs/operations.md` has the same words under "Logs"; a test looks for them
 * in the gateway's own source.
 */
export const LINES = {
  discrepancies: [{ message: 'discrepancy' }],
  manual_reviews: [{ message: 'payment settled', status: 'MANUAL_REVIEW' }],
  unrecorded_outcomes: [{ message: 'an outcome could not be recorded' }],
  defects: [
    { message: 'a request failed by a defect of ours' },
    { message: 'provider call ran past its deadline' },
    { message: 'provider adapter threw' },
  ],
} as const satisfies Record<string, readonly Readonly<Record<string, string>>[]>;

export type LineName = keyof typeof LINES;

/** A filter gives its metric no fixed dimension, so that the deployment stands in the namespace. */
const namespace = ({ name }: Settings) => `PaymentGateway/${name}`;

export function lineMetric(settings: Settings, name: LineName): Metric {
  return { namespace: namespace(settings), name, statistic: 'Sum', dimensions: {} };
}

/** No default value: a metric that nobody needs to see costs nothing while nothing happens. */
export function countLines(scope: Construct, settings: Settings, services: Services): void {
  const { apiLogGroupName: api, workerLogGroupName: worker } = services;
  for (const [role, logGroupName] of Object.entries({ api, worker })) {
    for (const [name, alternatives] of Object.entries(LINES)) {
      new CloudwatchLogMetricFilter(scope, `${role}_${name}`, {
        name,
        logGroupName,
        pattern: patternOf(alternatives),
        metricTransformation: { namespace: namespace(settings), name, value: '1', unit: 'Count' },
      });
    }
  }
}

/** Source: CloudWatch Logs user guide, "Using filter patterns to match terms in JSON log events". */
function patternOf(alternatives: readonly Readonly<Record<string, string>>[]): string {
  const all = (fields: Readonly<Record<string, string>>) =>
    Object.entries(fields)
      .map(([field, value]) => `($.${field} = "${value}")`)
      .join(' && ');
  const groups = alternatives.map((fields) =>
    Object.keys(fields).length > 1 ? `(${all(fields)})` : all(fields),
  );
  return `{ ${groups.join(' || ')} }`;
}
