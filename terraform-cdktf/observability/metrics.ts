/** Names of metrics, for alarms, dashboard and scaling alike. */
import type { Settings } from '../settings/schema.ts';

export type Statistic = 'Average' | 'Maximum' | 'Minimum' | 'Sum' | 'p99';

export interface Metric {
  namespace: string;
  name: string;
  statistic: Statistic;
  dimensions: Readonly<Record<string, string>>;
}

/**
 * The gateway writes them into its own log once a minute, in CloudWatch's embedded metric format.
 */
const NAMESPACE = 'PaymentGateway';

/** Providers that the gateway has adapters for: the values of the dimension `provider`. */
export const PROVIDERS = ['MTN', 'AIRTEL'] as const;

/** Gauges are read by every copy: take the maximum over them, not the sum. */
export function gatewayMetric(
  { name: environment }: Settings,
  name: string,
  statistic: Statistic,
  dimensions: Readonly<Record<string, string>> = {},
): Metric {
  return {
    namespace: NAMESPACE,
    name,
    statistic,
    dimensions: { Environment: environment, ...dimensions },
  };
}

/** What this deployment has; null or none: somebody else's server, or no certificate. */
export interface Observed {
  loadBalancerSuffix: string;
  targetGroupSuffix: string;
  certificateArn: string | null;
  postgresInstanceId: string | null;
  redisNodes: readonly string[];
  kafkaClusterName: string | null;
}

/** Source: ELB user guide, "CloudWatch metrics for your Application Load Balancer". */
export function loadBalancerMetric(
  { loadBalancerSuffix, targetGroupSuffix }: Observed,
  name: string,
  statistic: Statistic,
): Metric {
  // What the load balancer answers by itself belongs to no target.
  const ofTargets = name !== 'HTTPCode_ELB_5XX_Count' && {
    TargetGroup: targetGroupSuffix,
  };
  return {
    namespace: 'AWS/ApplicationELB',
    name,
    statistic,
    dimensions: { LoadBalancer: loadBalancerSuffix, ...ofTargets },
  };
}

export function databaseMetric(instance: string, name: string, statistic: Statistic): Metric {
  return {
    namespace: 'AWS/RDS',
    name,
    statistic,
    dimensions: { DBInstanceIdentifier: instance },
  };
}

/** Brokers are numbered from 1. Source: MSK developer guide, metrics of the level DEFAULT. */
export function brokerDisk(kafkaClusterName: string, broker: number): Metric {
  return {
    namespace: 'AWS/Kafka',
    name: 'KafkaDataLogsDiskUsed',
    statistic: 'Maximum',
    dimensions: { 'Cluster Name': kafkaClusterName, 'Broker ID': String(broker) },
  };
}

export function redisMemory(node: string): Metric {
  return {
    namespace: 'AWS/ElastiCache',
    name: 'DatabaseMemoryUsagePercentage',
    statistic: 'Maximum',
    dimensions: { CacheClusterId: node },
  };
}

export function certificateMetric(certificateArn: string): Metric {
  return {
    namespace: 'AWS/CertificateManager',
    name: 'DaysToExpiry',
    statistic: 'Minimum',
    dimensions: { CertificateArn: certificateArn },
  };
}

export function serviceMetric(
  { clusterName, serviceName }: { clusterName: string; serviceName: string },
  name: string,
): Metric {
  return {
    namespace: 'AWS/ECS',
    name,
    statistic: 'Average',
    dimensions: { ClusterName: clusterName, ServiceName: serviceName },
  };
}
