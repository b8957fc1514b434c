/** What a plan asks AWS before anything exists: who am I, and a random password. Anything else is noted. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** Stands for each generated secret: a plan or a state that has it tells secrets. */
export const STUB_SECRET = 'StubSecretStubSecretStubSecret42';

export interface StubAws extends AsyncDisposable {
  /** For `AWS_ENDPOINT_URL`. */
  url: string;
  /** Requests that a plan has no reason to make. */
  unexpected: readonly string[];
}

function callerIdentity(account: string): string {
  return `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Arn>arn:aws:iam::${account}:user/offline</Arn><UserId>AIDAOFFLINE</UserId>
<Account>${account}</Account></GetCallerIdentityResult>
<ResponseMetadata><RequestId>offline</RequestId></ResponseMetadata></GetCallerIdentityResponse>`;
}

async function answer(request: IncomingMessage, account: string): Promise<string | undefined> {
  const body = await text(request);
  const target = request.headers['x-amz-target'];
  if (target === 'secretsmanager.GetRandomPassword') {
    return JSON.stringify({ RandomPassword: STUB_SECRET });
  }
  if (body.includes('Action=GetCallerIdentity')) return callerIdentity(account);
  return undefined;
}

export async function startStubAws(account: string): Promise<StubAws> {
  const unexpected: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await answer(request, account);
    if (body === undefined) {
      unexpected.push(`${request.method} ${request.url} ${request.headers['x-amz-target'] ?? ''}`);
      response.writeHead(400);
    }
    response.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    unexpected,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
