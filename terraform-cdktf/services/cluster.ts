/** The cluster, with its counters, and with sessions that leave a record where ECS Exec is on. */
import { type Construct, EcsCluster } from '../cdktf.ts';
import { makeLogGroup } from '../observability/log-groups.ts';
import type { Context, Keys } from '../stacks/parts.ts';

export function makeCluster(context: Context, scope: Construct, keys: Keys): EcsCluster {
  const { settings } = context;
  // ECS would make it by itself, unencrypted and for ever, and no destroy would know of it.
  const insights = makeLogGroup(context, scope, keys, {
    id: 'insights_logs',
    name: `/aws/ecs/containerinsights/${settings.name}/performance`,
    shorter: { days: 7, reason: 'Counters of ECS: CloudWatch keeps what it draws from them' },
  });
  return new EcsCluster(scope, 'cluster', {
    name: settings.name,
    setting: [{ name: 'containerInsights', value: 'enabled' }],
    ...(settings.executeCommand && { configuration: sessions(context, scope, keys) }),
    dependsOn: [insights],
  });
}

function sessions(context: Context, scope: Construct, keys: Keys) {
  const log = makeLogGroup(context, scope, keys, {
    id: 'session_logs',
    name: `/${context.settings.name}/sessions`,
  });
  return {
    executeCommandConfiguration: {
      kmsKeyId: keys.logsArn,
      logging: 'OVERRIDE',
      logConfiguration: { cloudWatchEncryptionEnabled: true, cloudWatchLogGroupName: log.name },
    },
  };
}
