/** Authorities and certificates that live as long as a test, made by openssl: Node can read, but not sign them. */
import { readFileSync } from 'node:fs';
import { appendFile, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../scripts/servers/programs.ts';
import type { ServerTls } from '../../scripts/servers/server.ts';

const EC_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
const TWO_DAYS = ['-days', '2'];

/** Debian has openssl wherever it has ca-certificates, and so have macOS and most images. */
async function openssl(directory: string, ...args: string[]): Promise<void> {
  await run('openssl', args, { cwd: directory, timeoutMs: 20_000 });
}

async function makeAuthority(directory: string, name: string): Promise<string> {
  const subject = ['-subj', `/CN=${name} authority of a test`];
  const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`];
  await openssl(directory, 'req', '-x509', ...EC_KEY, ...TWO_DAYS, ...subject, ...files);
  return join(directory, `${name}.pem`);
}

export interface TestCertificates {
  tls: ServerTls;
  /** PEM of the authority that signed the servers' certificate, and of one that did not. */
  authority: string;
  otherAuthority: string;
}

/** One certificate for `localhost`, and for no address. */
export async function makeCertificates(directory: string): Promise<TestCertificates> {
  await mkdir(directory, { recursive: true });
  const [authority, other] = await Promise.all([
    makeAuthority(directory, 'known'),
    makeAuthority(directory, 'other'),
  ]);
  const request = ['-subj', '/CN=localhost', '-keyout', 'server.key', '-out', 'server.csr'];
  await openssl(directory, 'req', ...EC_KEY, ...request);
  await writeFile(join(directory, 'names'), 'subjectAltName=DNS:localhost\n');
  const signer = ['-CA', 'known.pem', '-CAkey', 'known.key', '-CAcreateserial'];
  const signed = ['-in', 'server.csr', '-out', 'server.pem', '-extfile', 'names'];
  await openssl(directory, 'x509', '-req', ...TWO_DAYS, ...signer, ...signed);
  const path = (name: string) => join(directory, name);
  await copyFile(path('server.key'), path('keystore.pem'));
  await appendFile(path('keystore.pem'), await readFile(path('server.pem')));
  return {
    tls: {
      authority,
      certificate: path('server.pem'),
      key: path('server.key'),
      keystore: path('keystore.pem'),
    },
    authority: readFileSync(authority, 'utf8'),
    otherAuthority: readFileSync(other, 'utf8'),
  };
}
