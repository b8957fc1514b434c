import { deepEqual, equal } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withTaskSettings } from '../../cycle/agent/create.ts';

const part = {
  taskArn: 'arn:aws:ecs:eu-west-1:123456789012:task/gateway/1',
  clusterArn: 'arn:aws:ecs:eu-west-1:123456789012:cluster/gateway',
  definition: { memory: '512' },
};

describe('a container that the agent makes', () => {
  it('is confined as its task definition says', () => {
    const container = {
      name: 'api',
      user: '1000:1000',
      readonlyRootFilesystem: true,
      linuxParameters: { initProcessEnabled: true, capabilities: { drop: ['ALL'] } },
    };
    const made = withTaskSettings(
      { HostConfig: { Privileged: false } },
      { ...part, container },
      { nameServer: '10.0.0.1' },
    );
    equal(made.User, '1000:1000');
    deepEqual(made.HostConfig, {
      Privileged: false,
      Dns: ['10.0.0.1'],
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      Init: true,
      Memory: 512 * 1024 * 1024,
      Tmpfs: {},
    });
  });

  it('gets nothing that its task definition does not have', () => {
    const made = withTaskSettings(
      {},
      { ...part, container: { name: 'api' } },
      { nameServer: '10.0.0.1' },
    );
    equal(made.User, undefined);
    equal(made.HostConfig?.ReadonlyRootfs, false);
    deepEqual(made.HostConfig?.CapDrop, []);
  });

  it('may write where a volume is mounted', () => {
    const container = { name: 'api', mountPoints: [{ containerPath: '/tmp' }] };
    const made = withTaskSettings({}, { ...part, container }, { nameServer: '10.0.0.1' });
    deepEqual(made.HostConfig?.Tmpfs, { '/tmp': 'mode=1777' });
  });
});
