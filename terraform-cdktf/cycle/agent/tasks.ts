/** The life of a task's containers, as their task definition has it. */
import type { Clients } from '../clients.ts';
import { type CreateBody, withTaskSettings } from './create.ts';
import { findPart, findService, nameOf, type Part } from './definition.ts';
import { type Registration, register } from './discovery.ts';
import { addressOf, type Docker, type DockerAnswer, makeDocker } from './docker.ts';
import { untilHealthy } from './health.ts';

export interface TasksOptions {
  /** The path of the engine's socket. */
  engineSocket: string;
  clients: Clients;
  nameServer: string;
  /** Of every container. */
  labels: Record<string, string>;
  /** Runs a program inside a container; its exit code. */
  exec(id: string, words: readonly string[]): Promise<number>;
  log: (line: string) => void;
}

export interface Ending {
  /** `gateway-api/api`. */
  name: string;
  code: number;
  /** Since SIGTERM. */
  seconds: number;
}

/** ECS's own, where a task definition has none. */
const STOP_TIMEOUT_SECONDS = 30;
const DEPENDENCY_LIMIT_MS = 3 * 60_000;
/** How late the emulator may learn that a container has ended. */
const LOOK_AGAIN_MS = 1000;
const FAILED_BEFORE = { status: 500, body: JSON.stringify({ message: 'it failed already' }) };

interface Container extends Part {
  id: string;
  registration?: Registration;
  seen?: { at: number; answer: Promise<DockerAnswer> };
}

/** Each resolves to undefined for a container of no task. */
export function makeTasks(options: TasksOptions) {
  const { engineSocket, clients, exec, log } = options;
  const docker = makeDocker(engineSocket);
  const known = new Map<string, Container>();
  /** The emulator tries a second time, without the task's platform; ECS starts a new task instead. */
  const failed = new Set<string>();
  let endings: Promise<Ending | undefined>[] = [];

  /** Resolves to the engine's answer once the container is what others may rely on. */
  async function bringUp(container: Container): Promise<DockerAnswer> {
    const { id, taskArn } = container;
    await untilDependencies(docker, container, [...known.values()]);
    const answer = await docker.send('POST', `/containers/${id}/start`);
    if (answer.status >= 300) throw new Error(answer.body);
    const service = await findService(clients, container);
    await untilHealthy({ clients, docker, exec }, id, container, service);
    if (container.container.essential !== false) {
      const address = addressOf(await docker.inspect(id));
      container.registration = await register(clients, service, taskArn, address);
    }
    return answer;
  }

  async function end(container: Container): Promise<[DockerAnswer, Ending | undefined]> {
    await container.registration?.end();
    const limit = container.container.stopTimeout ?? STOP_TIMEOUT_SECONDS;
    const startedAt = performance.now();
    const answer = await docker.send('POST', `/containers/${container.id}/stop?t=${limit}`);
    // Anything else: it had ended by itself.
    if (answer.status !== 204) return [answer, undefined];
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
    const { ExitCode: code } = (await docker.inspect(container.id)).State;
    log(`${nameOf(container)} ended with ${code}, ${seconds} s after SIGTERM`);
    return [answer, { name: nameOf(container), code, seconds }];
  }

  return {
    async create(path: string, body: CreateBody): Promise<DockerAnswer> {
      const part = await findPart(clients, body.Labels);
      if (part && failed.has(keyOf(part))) return FAILED_BEFORE;
      const own = part ? withTaskSettings(body, part, options) : body;
      const answer = await docker.send('POST', path, own);
      if (part && answer.status < 300) {
        const { Id: id } = JSON.parse(answer.body);
        known.set(id, { ...part, id });
      }
      return answer;
    },
    async start(id: string): Promise<DockerAnswer | undefined> {
      const container = known.get(id);
      if (!container) return undefined;
      try {
        const answer = await bringUp(container);
        delete container.seen;
        log(`${nameOf(container)} runs`);
        return answer;
      } catch (error) {
        const said = await docker.logs(id).catch(() => '');
        await docker.remove(id);
        failed.add(keyOf(container));
        const why = `did not start: ${(error as Error).message}`;
        log(`${nameOf(container)} ${why}\n${said}`.trim());
        throw new Error(`${nameOf(container)} ${why}`);
      }
    },
    async stop(id: string): Promise<DockerAnswer | undefined> {
      const container = known.get(id);
      if (!container) return undefined;
      const ended = end(container);
      endings.push(
        ended.then(
          ([, ending]) => ending,
          () => undefined,
        ),
      );
      return (await ended)[0];
    },
    async forget(id: string): Promise<undefined> {
      await known.get(id)?.registration?.end();
      known.delete(id);
    },
    /** The emulator looks at each container twenty times a second, which an engine has to pay for. */
    inspect(id: string): Promise<DockerAnswer | undefined> {
      const container = known.get(id);
      if (!container) return Promise.resolve(undefined);
      const { seen } = container;
      if (seen && performance.now() - seen.at < LOOK_AGAIN_MS) return seen.answer;
      container.seen = { at: performance.now(), answer: look(docker, container) };
      return container.seen.answer;
    },
    async endings(): Promise<Ending[]> {
      const until = endings;
      endings = [];
      return (await Promise.all(until)).filter((ending) => ending !== undefined);
    },
  };
}

/** The emulator takes the first container's address for the task's, and an init container ends. */
async function look(docker: Docker, { id, container }: Container): Promise<DockerAnswer> {
  const answer = await docker.send('GET', `/containers/${id}/json`);
  if (answer.status >= 300 || container.essential !== false) return answer;
  const inspected = JSON.parse(answer.body);
  inspected.NetworkSettings = { ...inspected.NetworkSettings, IPAddress: '', Networks: {} };
  return { status: answer.status, body: JSON.stringify(inspected) };
}

function keyOf({ taskArn, container }: Part): string {
  return `${taskArn} ${container.name}`;
}

/** What `dependsOn` asks for; the emulator starts the containers of a task in their order. */
async function untilDependencies(
  docker: Docker,
  { taskArn, container }: Part,
  known: readonly Container[],
): Promise<void> {
  for (const { containerName, condition } of container.dependsOn ?? []) {
    const other = known.find(
      (each) => each.taskArn === taskArn && each.container.name === containerName,
    );
    if (!other) throw new Error(`it depends on ${containerName}, which was not started before it`);
    if (condition !== 'SUCCESS' && condition !== 'COMPLETE') continue;
    const code = await docker.untilExit(other.id, DEPENDENCY_LIMIT_MS).catch(async (error) => {
      throw new Error(`${containerName}: ${error.message}\n${await docker.logs(other.id)}`);
    });
    if (condition === 'SUCCESS' && code !== 0) {
      const said = await docker.logs(other.id);
      throw new Error(`${containerName} ended with ${code}\n${said}`);
    }
  }
}
