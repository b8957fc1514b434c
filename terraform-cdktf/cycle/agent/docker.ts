/** The few calls of the Docker API that the agent makes of its own, over the engine's socket. */
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface DockerAnswer {
  status: number;
  body: string;
}

export interface Docker {
  /** `path` without a version. */
  send(method: string, path: string, body?: unknown): Promise<DockerAnswer>;
  inspect(id: string): Promise<Inspected>;
  /** Waits for the end of a container; its exit code. */
  untilExit(id: string, limitMs: number): Promise<number>;
  remove(id: string): Promise<void>;
  logs(id: string): Promise<string>;
}

export interface Inspected {
  Id: string;
  State: { Running: boolean; Status: string; ExitCode: number };
  NetworkSettings: { IPAddress?: string; Networks?: Record<string, { IPAddress?: string }> };
}

const POLL_MS = 200;
const SHOWN_CHARACTERS = 1500;

export function makeDocker(socketPath: string): Docker {
  const send: Docker['send'] = (method, path, body) =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? '' : JSON.stringify(body);
      const headers = {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      };
      const outgoing = request(
        { socketPath, method, path: `/v1.41${path}`, headers },
        (response) => {
          readText(response).then(
            (read) => resolve({ status: response.statusCode ?? 0, body: read }),
            reject,
          );
        },
      );
      outgoing.once('error', reject).end(text);
    });

  const must = async (method: string, path: string, body?: unknown) => {
    const answer = await send(method, path, body);
    if (answer.status < 300) return answer.body;
    throw new Error(`${method} ${path} answered ${answer.status}: ${answer.body}`);
  };
  const inspect = async (id: string): Promise<Inspected> =>
    JSON.parse(await must('GET', `/containers/${id}/json`));

  return {
    send,
    inspect,
    async untilExit(id, limitMs) {
      for (const endsAt = performance.now() + limitMs; performance.now() < endsAt; ) {
        const { State } = await inspect(id);
        if (!State.Running && State.Status === 'exited') return State.ExitCode;
        await sleep(POLL_MS);
      }
      throw new Error(`it did not end within ${limitMs} ms`);
    },
    async remove(id) {
      await send('DELETE', `/containers/${id}?force=true&v=true`);
    },
    async logs(id) {
      const { body } = await send('GET', `/containers/${id}/logs?stdout=true&stderr=true&tail=20`);
      // Each piece has a header of eight bytes in front.
      return body.replaceAll(/[^\P{C}\n]/gu, '').slice(-SHOWN_CHARACTERS);
    },
  };
}

export function addressOf({ NetworkSettings: { IPAddress, Networks = {} } }: Inspected): string {
  const found = IPAddress || Object.values(Networks).find((each) => each.IPAddress)?.IPAddress;
  if (!found) throw new Error('the container has no address');
  return found;
}

export async function readText(stream: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}
