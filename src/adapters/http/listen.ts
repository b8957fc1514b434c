import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ListenOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** Environment variable that chose the port: a taken one is reported by its name. */
  variable: string;
}

const EXPLANATIONS: Record<string, string> = {
  EADDRINUSE: 'is taken by another program',
  EACCES: 'may not be used by this user',
  EADDRNOTAVAIL: 'is on an address that this machine does not have',
};

/** Resolves with the port that is listened on. */
export function listen(server: Server, { host, port, variable }: ListenOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const explanation = EXPLANATIONS[error.code ?? ''] ?? `cannot be used (${error.code})`;
      const place = `${variable}: port ${port} on ${host}`;
      const message = `${place} ${explanation}; set ${variable} to another`;
      reject(new Error(message, { cause: error }));
    });
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve((server.address() as AddressInfo).port);
    });
  });
}

export function urlOf(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
