/** The emulator through Amazon's own clients: what it answers is read as anybody would read AWS. */
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { ECS } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { ServiceDiscovery } from '@aws-sdk/client-servicediscovery';

export const REGION = 'eu-west-1';
export const ACCOUNT = '123456789012';
/** What the emulator takes for the account above. */
export const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

export type Clients = ReturnType<typeof makeClients>;

export function makeClients(endpoint: string) {
  const common = { endpoint, region: REGION, credentials: CREDENTIALS };
  return {
    ecs: new ECS(common),
    balancing: new ElasticLoadBalancingV2(common),
    // Else it puts `data-` in front of the emulator's host name.
    discovery: new ServiceDiscovery({ ...common, disableHostPrefix: true }),
    secrets: new SecretsManager(common),
    logs: new CloudWatchLogs(common),
  };
}
