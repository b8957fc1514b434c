import type { Servers } from '../servers/start-servers.ts';

export interface StackDescription {
  servers: Pick<Servers, 'redisUrl' | 'kafkaBrokers' | 'databaseUrl'>;
  key: string;
  merchant: string;
}

/** What a person needs to use a running stack: addresses, a key, and first commands to copy. */
export function describeStack({ servers, key, merchant }: StackDescription): string {
  return `
The stack runs. Ctrl-C stops everything that it started; its data is fresh each time.

  api          http://127.0.0.1:8080   and 8081     docs at /docs
  ops          http://127.0.0.1:9090   and 9091     /readyz, /metrics; the worker's on 9092
  simulators   http://127.0.0.1:9100                /mtn, /airtel, /control

The key of merchant ${merchant}:

${key}

A payment, and what became of it (its id is in the answer and in Location):

  curl -i http://127.0.0.1:8080/v1/pay -H 'authorization: Bearer ${key}' \\
    -H 'content-type: application/json' -H 'idempotency-key: order-17' \\
    -d '{"amount":"20.00","currency":"ZMW","payer":{"msisdn":"+260971234567"}}'
  curl http://127.0.0.1:8081/v1/payments/PAYMENT_ID -H 'authorization: Bearer ${key}'

Break Airtel, pay a few times with new keys, and see 502 become 503; then mend it:

  curl -X PUT http://127.0.0.1:9100/control/faults -H 'content-type: application/json' \\
    -d '{"rules":[{"provider":"AIRTEL","operation":"charge","fault":"refuse"}]}'
  curl -X DELETE http://127.0.0.1:9100/control/faults

Look behind it:

  redis-cli -u ${servers.redisUrl} monitor
  kcat -b ${servers.kafkaBrokers} -t payments.events -C -f '%k %s\\n'
  psql '${servers.databaseUrl}'
`;
}
