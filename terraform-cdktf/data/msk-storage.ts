/** Disks of brokers that grow before they are full. Source: MSK developer guide, "Automatic scaling". */
import { AppautoscalingPolicy, AppautoscalingTarget, type Construct } from '../cdktf.ts';
import { STORAGE_GROWTH } from '../settings/limits.ts';
import type { Settings } from '../settings/schema.ts';

/** AWS recommends 50 to 60: a disk that was resized cannot be again for six hours. */
const PERCENT = 60;
/** Of one broker, in GiB. */
const MOST = 16_384;

export function growStorage(scope: Construct, settings: Settings, clusterArn: string): void {
  const target = new AppautoscalingTarget(scope, 'storage', {
    serviceNamespace: 'kafka',
    scalableDimension: 'kafka:broker-storage:VolumeSize',
    resourceId: clusterArn,
    minCapacity: 1,
    maxCapacity: Math.min(settings.kafkaStorageGib * STORAGE_GROWTH, MOST),
  });
  new AppautoscalingPolicy(scope, 'storage_by_use', {
    name: `${settings.name}-kafka-storage`,
    policyType: 'TargetTrackingScaling',
    serviceNamespace: target.serviceNamespace,
    scalableDimension: target.scalableDimension,
    resourceId: target.resourceId,
    targetTrackingScalingPolicyConfiguration: {
      targetValue: PERCENT,
      // It cannot: a disk never shrinks.
      disableScaleIn: true,
      predefinedMetricSpecification: { predefinedMetricType: 'KafkaBrokerStorageUtilization' },
    },
  });
}
