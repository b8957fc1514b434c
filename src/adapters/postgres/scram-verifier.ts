import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(pbkdf2);

const SALT_BYTES = 16;
/** Postgres's own number. It protects short passwords; each new connection pays for it. */
const ITERATIONS = 4_096;
const KEY_BYTES = 32;

/**
 * What Postgres keeps of a password (RFC 5802), made here, so that the password itself is in no statement: not in
 * `pg_stat_activity`, not in the server's log. For ASCII alone: Postgres normalises other characters first.
 */
export async function scramVerifier(
  password: string,
  salt: Buffer = randomBytes(SALT_BYTES),
): Promise<string> {
  const salted = await derive(password, salt, ITERATIONS, KEY_BYTES, 'sha256');
  const sign = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(sign('Client Key')).digest('base64');
  const serverKey = sign('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
