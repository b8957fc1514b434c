/** Cloud Map: a service's tasks are registered while they run, as ECS does it. */
import type { Service } from '@aws-sdk/client-ecs';
import type { Clients } from '../clients.ts';

export interface Registration {
  end(): Promise<void>;
}

const nothing: Registration = { end: async () => undefined };

export async function register(
  { discovery }: Clients,
  service: Service | undefined,
  taskArn: string,
  address: string,
): Promise<Registration> {
  const arn = service?.serviceRegistries?.[0]?.registryArn;
  if (!arn) return nothing;
  const instance = { ServiceId: arn.split('/').at(-1), InstanceId: taskArn.split('/').at(-1) };
  await discovery.registerInstance({ ...instance, Attributes: { AWS_INSTANCE_IPV4: address } });
  return {
    // Twice is harmless: the service may be gone already, and a task ends only once.
    end: async () => {
      await discovery.deregisterInstance(instance).catch(() => undefined);
    },
  };
}
