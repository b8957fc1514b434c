/** What the executable says to a person. */
import { adminHelp } from './admin.ts';
import type { Role } from './config.ts';

const ROLE_HELP: Record<Role, string> = {
  api: 'the public API (PORT) and its ops listener (OPS_PORT). Needs Postgres; faster with Redis.',
  worker:
    'relay, jobs, settlement, seals, pruning. Needs Postgres and Kafka. WORKER_LOOPS picks some.',
  simulators: 'doubles of MTN MoMo and Airtel Money on SIM_PORT, with /control for faults.',
  dev: 'all of it in one process on an embedded Postgres; what `npm start` runs.',
  migrate: 'brings schema and topics up to date and checks them; safe to run by many at once.',
  admin: 'merchants and keys, payments in review, discrepancies, dead letters.',
  verify: 'compares all books of one database; exit 1 when something does not agree.',
};

/** `word`: what follows the role. */
export function helpFor(role: Role | undefined, word?: string): string {
  if (role === 'admin') return adminHelp(word);
  if (role === 'verify') {
    return `gateway verify [--simulators <url>] [--seal <number>:<hash>]\n\n${ROLE_HELP.verify}
With --simulators, their own list of charges is compared too. With --seal, a seal of the ledger that was kept somewhere
else (an earlier run of this command prints it, and the worker's log has each) must be there unchanged. Without a
database setting, the database of \`npm start\` is meant.`;
  }
  if (role === 'migrate') {
    return `gateway migrate [--drop-user <name>]\n\n${ROLE_HELP.migrate}
With DATABASE_APP_USER and DATABASE_APP_PASSWORD it also makes the database user of api and worker, or sets
its password. With --drop-user it only takes an earlier one away, once nobody is connected as it.`;
  }
  if (role !== undefined) {
    return `gateway ${role}\n\n${ROLE_HELP[role]}\nSettings: see .env.example.`;
  }
  const lines = Object.entries(ROLE_HELP).map(([name, text]) => `  ${name.padEnd(11)} ${text}`);
  return `gateway <role>\n\n${lines.join('\n')}\n\n\`gateway <role> --help\` says more.`;
}

/** The first minute: one payment, then a provider that breaks. */
export function welcome({ api, ops, simulators }: Record<string, string>): string {
  const json = "-H 'content-type: application/json'";
  const first =
    '{"amount":"20.00","currency":"ZMW","payer":{"msisdn":"+260971234567"},"reference":"order-17"}';
  const rule = '{"rules":[{"provider":"AIRTEL","operation":"charge","skip":1,"fault":"refuse"}]}';
  const body =
    '{"TransactionID":"TXN-\'$RANDOM-$i\'","Amount":20.00,"Currency":"ZAR","ProviderKey":"AIRTEL"}';
  return `
The gateway listens.
  API         ${api}/v1/pay   described at ${api}/docs
  Ops         ${ops}/readyz   ${ops}/metrics
  Simulators  ${simulators}/control/charges

Take a payment:
  curl -s ${api}/v1/pay ${json} -H "idempotency-key: first-$RANDOM" \\
    -d '${first}'

Break Airtel, and see 202, 502, 502, then 503 in milliseconds; MTN notices nothing:
  curl -s -X PUT ${simulators}/control/faults ${json} \\
    -d '${rule}'
  for i in 1 2 3 4 5 6; do
    curl -s -o /dev/null -w '%{http_code}\\n' ${api}/v1/pay ${json} \\
      -d '${body}'
  done
  curl -s -X DELETE ${simulators}/control/faults

Ctrl-C stops it; the data stays.
`;
}
