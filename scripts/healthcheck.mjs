// Docker's HEALTHCHECK, for whichever role runs in the container: exit 0 when it is alive and not
// draining. Uses Node alone, since the image has neither curl nor wget.
import { get } from 'node:http';

/** Below the HEALTHCHECK's own 3 s. */
const LIMIT_MS = 2500;

const { PORT = '8080', OPS_PORT = '9090', SIM_PORT = '9100' } = process.env;
const urls = [
  `http://127.0.0.1:${PORT}/healthz`,
  `http://127.0.0.1:${OPS_PORT}/livez`,
  `http://127.0.0.1:${SIM_PORT}/control/charges`,
];

/** The status, or undefined when nothing listens there: another role's port. */
function ask(url) {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, timeout: LIMIT_MS }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.once('timeout', () => request.destroy(new Error(`${url} did not answer`)));
    request.once('error', (error) => {
      if (error.code === 'ECONNREFUSED') resolve(undefined);
      else reject(error);
    });
  });
}

async function firstAnswer() {
  for (const url of urls) {
    const status = await ask(url);
    if (status !== undefined) return `${status} from ${url}`;
  }
  return 'nothing listens';
}

const answer = await firstAnswer().catch((error) => error.message);
process.stdout.write(`${answer}\n`);
process.exitCode = answer.startsWith('200 ') ? 0 : 1;
