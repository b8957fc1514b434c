import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { BaseOptions, ProducerOptions } from '@platformatic/kafka';

export interface KafkaSasl {
  mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  username: string;
  password: string;
}

export interface KafkaConnection {
  /** `host:port` of some brokers; the others are found through them. */
  brokers: string[];
  clientId: string;
  /** `true` verifies the brokers against the system's authorities. @default no TLS */
  tls?: boolean | TlsOptions;
  sasl?: KafkaSasl;
}

/**
 * A broker that does not answer a connect or a request within this time is given up for this try.
 */
const CONNECT_TIMEOUT_MS = 2_000;
const REQUEST_TIMEOUT_MS = 5_000;

/**
 * Tries after the first one inside the client, and the pause before each. Longer trouble is left to
 * the callers: the relay publishes again, a reader starts a new session. An idempotent producer
 * needs more than one, else the client retries for ever.
 */
const RETRIES = 3;
const RETRY_DELAY_MS = 250;

/** A fresh object each time: the client keeps and changes what it is given. */
export function clientOptions(connection: KafkaConnection): BaseOptions {
  const { brokers, clientId, tls, sasl } = connection;
  return {
    clientId,
    bootstrapBrokers: [...brokers],
    connectTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    timeout: REQUEST_TIMEOUT_MS,
    retries: RETRIES,
    retryDelay: RETRY_DELAY_MS,
    ...(tls ? { tls: tls === true ? {} : { ...tls } } : {}),
    ...(sasl ? { sasl: { ...sasl } } : {}),
  };
}

/**
 * Every in-sync replica has a message before it counts as published, and a retry stores it once
 * (KAF-1).
 */
export const PRODUCER_GUARANTEES = Object.freeze({
  acks: -1,
  idempotent: true,
} as const);

export function producerOptions(
  connection: KafkaConnection,
): ProducerOptions<Buffer, Buffer, Buffer, Buffer> {
  return { ...clientOptions(connection), ...PRODUCER_GUARANTEES };
}
