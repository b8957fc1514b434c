import { type Construct, Lb } from '../cdktf.ts';
import { IDLE_SECONDS } from '../services/timing.ts';
import { skipCheck } from '../stacks/checkov.ts';
import type { Context, Network, SecurityGroups } from '../stacks/parts.ts';
import type { AccessLogs } from './access-logs.ts';

const WHY_NOT_ANONYMOUS =
  'Log4j is refused by the known bad inputs; the check wants AWSManagedRulesAnonymousIpList too, ' +
  'which refuses the addresses of hosting providers, and merchants call from there';

export interface LoadBalancerOptions {
  network: Network;
  groups: SecurityGroups;
  logs: AccessLogs | null;
}

export function makeLoadBalancer(
  { settings }: Context,
  scope: Construct,
  { network, groups, logs }: LoadBalancerOptions,
): Lb {
  const loadBalancer = new Lb(scope, 'load_balancer', {
    name: settings.name,
    loadBalancerType: 'application',
    internal: false,
    subnets: [...network.publicSubnetIds],
    securityGroups: [groups.loadBalancer],
    idleTimeout: IDLE_SECONDS,
    // What two parsers could read in two ways goes no further.
    desyncMitigationMode: 'strictest',
    dropInvalidHeaderFields: true,
    // Ours is the entry on the right, and the gateway trusts that one alone.
    xffHeaderProcessingMode: 'append',
    enableDeletionProtection: settings.deletionProtection,
    ...(logs !== null && {
      accessLogs: { enabled: true, bucket: logs.bucket, prefix: logs.prefix },
      dependsOn: [logs.ready],
    }),
  });
  if (!settings.deletionProtection) {
    skipCheck(loadBalancer, 'CKV_AWS_150', 'deletionProtection is off: it is made to go');
  }
  if (!settings.accessLogs) {
    skipCheck(
      loadBalancer,
      'CKV_AWS_91',
      'accessLogs is off: a sandbox has no calls to account for',
    );
  }
  if (!settings.waf) {
    skipCheck(loadBalancer, 'CKV2_AWS_28', 'waf is off: a sandbox holds no money');
  }
  if (settings.waf) skipCheck(loadBalancer, 'CKV2_AWS_76', WHY_NOT_ANONYMOUS);
  return loadBalancer;
}
