/**
 * Stands between the emulator and the container engine, as Fargate's agent stands between ECS and the
 * machine: a proxy of the Docker API on a socket of its own. The emulator decides which containers run;
 * the agent gives them what their task definition says and the emulator leaves out: container settings,
 * `dependsOn`, health checks before a task counts as running, the stop timeout, service discovery.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type DockerAnswer, readText } from './docker.ts';
import { type Ending, makeTasks, type TasksOptions } from './tasks.ts';

export interface AgentOptions extends TasksOptions {
  /** Where the agent listens: the path of a socket. */
  socket: string;
}

export interface Agent extends AsyncDisposable {
  /** Waits for those that are ending; how each container has ended since the last call. */
  endings(): Promise<Ending[]>;
}

/** `path` has no version; undefined: no task of ours, so that the engine answers by itself. */
type Handler = (request: {
  path: string;
  id: string;
  body(): Promise<string>;
}) => Promise<DockerAnswer | undefined>;

type Route = [method: string, path: RegExp, handler: Handler];

export async function startAgent(options: AgentOptions): Promise<Agent> {
  const tasks = makeTasks(options);
  const routes: Route[] = [
    [
      'POST',
      /^\/containers\/create(?:\?|$)/,
      async ({ path, body }) => tasks.create(path, JSON.parse(await body())),
    ],
    ['POST', /^\/containers\/([0-9a-f]+)\/start/, ({ id }) => tasks.start(id)],
    ['POST', /^\/containers\/([0-9a-f]+)\/stop/, ({ id }) => tasks.stop(id)],
    ['DELETE', /^\/containers\/([0-9a-f]+)(?:\?|$)/, ({ id }) => tasks.forget(id)],
    ['GET', /^\/containers\/([0-9a-f]+)\/json/, ({ id }) => tasks.inspect(id)],
  ];
  const server = createServer((from, to) => {
    handle(options.engineSocket, routes, from, to).catch((error: Error) => {
      if (to.headersSent) return void to.destroy();
      reply(to, { status: 500, body: JSON.stringify({ message: error.message }) });
    });
  });
  // A start lasts as long as its health checks, and a log as long as its container.
  server.requestTimeout = 0;
  server.listen(options.socket);
  await once(server, 'listening');
  return {
    endings: tasks.endings,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function handle(
  engineSocket: string,
  routes: readonly Route[],
  from: IncomingMessage,
  to: ServerResponse,
): Promise<void> {
  const path = (from.url ?? '').replace(/^\/v[\d.]+(?=\/)/, '');
  for (const [method, pattern, handler] of routes) {
    const match = from.method === method && pattern.exec(path);
    if (!match) continue;
    const answer = await handler({ path, id: match[1] ?? '', body: () => readText(from) });
    if (answer) return reply(to, answer);
  }
  await relay(engineSocket, from, to);
}

function reply(to: ServerResponse, { status, body }: DockerAnswer): void {
  to.writeHead(status, body ? { 'content-type': 'application/json' } : {});
  to.end(body);
}

/** Everything else goes through as it is, streams included. */
async function relay(socketPath: string, from: IncomingMessage, to: ServerResponse): Promise<void> {
  const { method, url, headers } = from;
  const onward = request({ socketPath, method, path: url, headers });
  from.pipe(onward);
  to.once('close', () => onward.destroy());
  const [answer] = (await once(onward, 'response')) as [IncomingMessage];
  onward.on('error', () => to.destroy());
  to.writeHead(answer.statusCode ?? 502, answer.headers);
  answer.pipe(to);
}
