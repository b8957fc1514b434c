import { type Construct, DefaultSecurityGroup } from '../cdktf.ts';

/** AWS makes it open inside; without a rule, whoever forgets to name a group reaches nothing. */
export function closeDefaultGroup(scope: Construct, vpcId: string): void {
  new DefaultSecurityGroup(scope, 'default_group', { vpcId });
}
