import type { ManagedProcess } from './managed-process.ts';
import type { InstallPackages } from './programs.ts';

export type ServerName = 'redis' | 'kafka' | 'postgres';

/** A running server, and what a test may do to it. */
export interface Server {
  readonly name: ServerName;
  /** A connection URL; for Kafka a broker list such as `127.0.0.1:9092`. */
  readonly address: string;
  /** How it came to be, for people: `redis-server of this machine`. */
  readonly way: string;
  /** Ours to pause, kill and restart. False for an address that was given. */
  readonly controllable: boolean;
  /** Undefined when it is not a process of this machine's that we started. */
  readonly pid: number | undefined;
  /** Connections stay open and nothing answers, until `resume`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** At once and without a word to anybody, as a crash would; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again on its port with its data, after ending it if it runs; waits until it serves. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/**
 * Files, in PEM, of a server that lets nobody in without TLS. The certificate is for `localhost`, and for no
 * address: a client that asks for 127.0.0.1 must refuse it.
 */
export interface ServerTls {
  /** Of the authority that signed the certificate. */
  authority: string;
  certificate: string;
  key: string;
  /** Key and certificate in one file, as Kafka reads them. */
  keystore: string;
}

export interface StartContext {
  /** An existing directory for this server's data alone. */
  directory: string;
  port: number;
  log: (line: string) => void;
  installPackages: InstallPackages;
}

/** A server whose way is a process that we started. */
export function processServer(
  name: ServerName,
  address: string,
  way: string,
  managed: ManagedProcess,
): Server {
  return {
    name,
    address,
    way,
    controllable: true,
    get pid() {
      return managed.pid;
    },
    pause: async () => managed.pause(),
    resume: async () => managed.resume(),
    kill: async () => {
      await managed.kill();
    },
    restart: () => managed.restart(),
    stop: async () => {
      await managed.stop();
    },
  };
}

/** A server that somebody else runs: we use it and leave it alone. */
export function givenServer(name: ServerName, address: string): Server {
  const refuse = (): Promise<never> =>
    Promise.reject(new Error(`${name} was given by its address; it is not ours to control`));
  return {
    name,
    address,
    way: 'address given by the environment',
    controllable: false,
    pid: undefined,
    pause: refuse,
    resume: refuse,
    kill: refuse,
    restart: refuse,
    stop: () => Promise.resolve(),
  };
}
