/**
 * In front of the emulator's API, for Terraform: it completes the answers in which the emulator leaves out
 * what it was told, so that a plan compares with what was written, as it does at AWS.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readText } from '../agent/docker.ts';
import { alarms } from './alarms.ts';
import { flowLogs } from './flow-logs.ts';
import { services } from './services.ts';

export interface Front extends AsyncDisposable {
  url: string;
}

/** One call of the API, in either of the protocols that matter here. */
export interface Call {
  /** `AmazonEC2ContainerServiceV20141113.DescribeServices`; empty when the call is a form. */
  target: string;
  form: URLSearchParams;
  text: string;
  /** The same caller asks something else, as JSON. */
  ask(target: string, body: object): Promise<string>;
}

export interface Completion {
  concerns(call: Call): boolean;
  complete(call: Call, answer: string): string | Promise<string>;
}

export async function startFront(emulatorPort: number): Promise<Front> {
  const completions = [services(), alarms(), flowLogs()];
  const server = createServer((from, to) => {
    handle(emulatorPort, completions, from, to).catch(() => to.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function handle(
  port: number,
  completions: readonly Completion[],
  from: IncomingMessage,
  to: ServerResponse,
): Promise<void> {
  const { method, url, headers } = from;
  const send = async (text: string, own: NodeJS.Dict<string | string[]>) => {
    const length = { 'content-length': String(Buffer.byteLength(text)) };
    const place = { host: '127.0.0.1', port, method, path: url };
    const onward = request({ ...place, headers: { ...own, ...length } });
    onward.end(text);
    const [answer] = (await once(onward, 'response')) as [IncomingMessage];
    return {
      status: answer.statusCode ?? 502,
      headers: answer.headers,
      text: await readText(answer),
    };
  };
  const text = await readText(from);
  const call: Call = {
    target: String(headers['x-amz-target'] ?? ''),
    form: new URLSearchParams(headers['content-type']?.includes('form') ? text : ''),
    text,
    ask: async (target, body) => {
      const asJson = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target };
      return (await send(JSON.stringify(body), { ...headers, ...asJson })).text;
    },
  };
  const answer = await send(text, headers);
  const completion = completions.find((each) => answer.status === 200 && each.concerns(call));
  const told = completion ? await completion.complete(call, answer.text) : answer.text;
  const { 'transfer-encoding': _, ...kept } = answer.headers;
  // A HEAD's length is not that of what comes with it.
  const length = method === 'HEAD' ? {} : { 'content-length': Buffer.byteLength(told) };
  to.writeHead(answer.status, { ...kept, ...length });
  to.end(told);
}
