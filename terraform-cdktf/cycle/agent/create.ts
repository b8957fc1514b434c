/**
 * What Fargate honours of a container definition and the emulator leaves out, in the words of the Docker
 * API: user, read-only root, dropped capabilities, init process, memory, volumes.
 */
import type { Part } from './definition.ts';

export interface CreateBody {
  Labels?: Record<string, string>;
  HostConfig?: Record<string, unknown>;
  [name: string]: unknown;
}

export function withTaskSettings(
  body: CreateBody,
  { container, definition }: Part,
  { nameServer, labels = {} }: { nameServer: string; labels?: Record<string, string> },
): CreateBody {
  const linux = container.linuxParameters;
  const memoryMib = container.memory ?? Number(definition.memory);
  return {
    ...body,
    Labels: { ...body.Labels, ...labels },
    ...(container.user && { User: container.user }),
    ...(container.entryPoint?.length && { Entrypoint: container.entryPoint }),
    // ECS takes no notice of the image's own.
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      ...body.HostConfig,
      Dns: [nameServer],
      ReadonlyRootfs: container.readonlyRootFilesystem ?? false,
      CapDrop: linux?.capabilities?.drop ?? [],
      Init: linux?.initProcessEnabled ?? false,
      Memory: memoryMib * 2 ** 20,
      Tmpfs: Object.fromEntries(
        (container.mountPoints ?? []).map(({ containerPath }) => [containerPath, 'mode=1777']),
      ),
    },
  };
}
