/**
 * Target tracking: ECS keeps each measure at its target by adding tasks fast and taking them away
 * slowly.
 */
import {
  AppautoscalingPolicy,
  AppautoscalingTarget,
  type Construct,
  type AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration as Tracking,
} from '../cdktf.ts';

export type { Tracking };

const SCALE_OUT_SECONDS = 60;
/**
 * Longer than a peak's echo; each task that goes makes its neighbours take over, and Kafka
 * rebalance.
 */
const SCALE_IN_SECONDS = 300;

export interface ScalingOptions {
  clusterName: string;
  serviceName: string;
  min: number;
  max: number;
  /** Name → what is kept where. The measure that wants most tasks wins. */
  measures: Readonly<Record<string, Tracking>>;
}

export function scale(scope: Construct, options: ScalingOptions): void {
  const { clusterName, serviceName, min, max, measures } = options;
  const target = new AppautoscalingTarget(scope, 'scaling', {
    serviceNamespace: 'ecs',
    scalableDimension: 'ecs:service:DesiredCount',
    resourceId: `service/${clusterName}/${serviceName}`,
    minCapacity: min,
    maxCapacity: max,
  });
  for (const [name, tracking] of Object.entries(measures)) {
    new AppautoscalingPolicy(scope, `scaling_by_${name}`, {
      name: `${serviceName}-${name}`,
      policyType: 'TargetTrackingScaling',
      serviceNamespace: target.serviceNamespace,
      scalableDimension: target.scalableDimension,
      resourceId: target.resourceId,
      targetTrackingScalingPolicyConfiguration: {
        scaleOutCooldown: SCALE_OUT_SECONDS,
        scaleInCooldown: SCALE_IN_SECONDS,
        ...tracking,
      },
    });
  }
}

export function cpuAt(percent: number): Tracking {
  return {
    targetValue: percent,
    predefinedMetricSpecification: { predefinedMetricType: 'ECSServiceAverageCPUUtilization' },
  };
}

/** Requests a minute. */
export function requestsPerTaskAt(requests: number, resourceLabel: string): Tracking {
  return {
    targetValue: requests,
    predefinedMetricSpecification: {
      predefinedMetricType: 'ALBRequestCountPerTarget',
      resourceLabel,
    },
  };
}
