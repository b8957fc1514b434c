import { type Construct, Vpc } from '../cdktf.ts';
import type { Settings } from '../settings/schema.ts';

export function makeVpc(scope: Construct, settings: Settings): Vpc {
  return new Vpc(scope, 'vpc', {
    cidrBlock: settings.vpcCidr,
    // Both: private names of endpoints, of service discovery and of the servers need them.
    enableDnsSupport: true,
    enableDnsHostnames: true,
    tags: { Name: settings.name },
  });
}
