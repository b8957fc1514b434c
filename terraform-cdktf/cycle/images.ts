/** The real image and two that follow it: the same under a new digest, and one whose health check fails. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../scripts/servers/programs.ts';
import type { CycleEngine } from './engine.ts';

export const IMAGE = 'localhost/payment-gateway-aggregator:cycle';

export interface Images {
  first: string;
  second: string;
  broken: string;
}

/** Says 500 to the load balancer, and does everything else as before. */
const SICK = `import { Server } from 'node:http';
const emit = Server.prototype.emit;
Server.prototype.emit = function (event, request, response) {
  if (event !== 'request' || request.url !== '/healthz') return emit.apply(this, arguments);
  response.statusCode = 500;
  response.end();
  return true;
};
`;

const BUILD_LIMIT_MS = 120_000;
const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

/** Pushes all three; each as the address, by digest, that a task definition takes. */
export async function pushImages(
  { engine, registry, names, call }: CycleEngine,
  options: { folder: string; repository: string; emulatorPort: number },
): Promise<Images> {
  const { folder, repository, emulatorPort } = options;
  await writeFile(join(folder, 'sick.mjs'), SICK);
  const next = async (name: string, ...lines: string[]): Promise<string> => {
    const file = join(folder, `${name}.Dockerfile`);
    await writeFile(file, [`FROM ${IMAGE}`, ...lines, ''].join('\n'));
    const words = ['build', '--pull=false', '--file', file, '--tag', `${IMAGE}-${name}`, folder];
    // Docker's format, since OCI's has no HEALTHCHECK.
    const env = { ...engine.env, BUILDAH_FORMAT: 'docker' };
    await run(engine.program, words, { env, timeoutMs: BUILD_LIMIT_MS });
    names.add(`${IMAGE}-${name}`);
    return `${IMAGE}-${name}`;
  };
  const push = async (image: string, tag: string): Promise<string> => {
    const host = `127.0.0.1:${emulatorPort}`;
    const plain = engine.program === 'podman' ? ['--tls-verify=false'] : [];
    await call('tag', image, `${host}/${repository}:${tag}`);
    await call('push', ...plain, `${host}/${repository}:${tag}`);
    const accept = { accept: MANIFEST };
    const answer = await fetch(`http://${host}/v2/${repository}/manifests/${tag}`, {
      method: 'HEAD',
      headers: accept,
    });
    const digest = answer.headers.get('docker-content-digest');
    if (!digest) throw new Error(`the registry has no digest of ${repository}:${tag}`);
    const address = `${registry}/${repository}@${digest}`;
    for (const name of [`${host}/${repository}:${tag}`, address]) names.add(name);
    return address;
  };
  const sickOptions = '--disable-proto=delete --import=/app/sick.mjs';
  const sick = ['COPY sick.mjs ./', `ENV NODE_OPTIONS="${sickOptions}"`];
  return {
    first: await push(IMAGE, '1'),
    second: await push(await next('second', 'LABEL version=2'), '2'),
    broken: await push(await next('broken', ...sick), '3'),
  };
}
