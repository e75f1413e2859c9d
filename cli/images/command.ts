import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readProject } from '../app/project';
import { objectsOf } from '../app/selection';
import { synthesize } from '../app/synthesize';
import { startCluster } from '../cluster/start';
import { failureOf } from '../machine/causes';
import type { Session } from '../machine/session';
import { checkTools } from '../machine/tools';
import { Failure } from '../terminal/failure';
import type { Item, Line, Progress } from '../terminal/progress';
import type { Image } from './build';
import { build, dockerImages, imagesIn, referencesIn } from './images';
import { BUILDS, provideImages } from './provide';

export interface ImagesOptions {
  readonly push: boolean;
  /** The file of the digests. */
  readonly digests: string;
}

/** Digests, by the reference with the tag. */
interface Digests {
  [reference: string]: string | undefined;
}

/** Builds the images that the app needs: into minikube those that it has to have, and those for a registry here. */
export async function images(session: Session, progress: Progress, options: ImagesOptions): Promise<void> {
  const project = await progress.run('check tools', async () => {
    checkTools(session.again, ['docker']);
    return readProject(session.folder);
  });
  const objects = await progress.run('synthesize', async (line) => objectsOf(await synthesize(session, project, line)));
  const [local, wanted] = [imagesIn(objects), referencesIn(objects).flatMap(imageOfRegistry)];
  if (local.length > 0 && !options.push) {
    checkTools(session.again, session.profile === 'minikube' ? ['minikube', 'kubectl'] : ['kubectl']);
    const cluster = await progress.run('cluster', (line) => startCluster(session, line));
    await provideImages(session, progress, cluster, objects);
  }
  if (wanted.length > 0 || options.push) {
    await forRegistry(session, progress, options, wanted);
  }
  if (local.length + wanted.length === 0) {
    process.stdout.write('\nthe app has no images that are built here\n');
  }
}

/** Builds what the registry lacks, and pushes it. */
async function forRegistry(
  session: Session,
  progress: Progress,
  { push: isPush, digests: file }: ImagesOptions,
  wanted: readonly Image[],
): Promise<void> {
  const path = resolve(session.folder, file);
  const known = readDigests(path, session.again);
  const missing = wanted.filter(({ reference }) => known[reference] === undefined);
  await progress.each('build images', await builds(session, missing), BUILDS);
  if (!isPush) {
    return;
  }
  const digests: Digests = {};
  for (const { reference } of wanted) {
    digests[reference] = known[reference];
  }
  write(path, digests);
  const pushes = missing.map((image) => ({
    name: image.name,
    run: async (line: Line) => {
      digests[image.reference] = await push(session, image, line);
      write(path, digests);
    },
  }));
  await progress.each('push images', pushes, 1);
  process.stdout.write(`\n${missing.length} pushed, ${wanted.length} in ${file}; keep that file in git\n`);
}

function readDigests(path: string, again: string): Digests {
  if (!existsSync(path)) {
    return {};
  }
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new Failure({
      cause: `${path} is no JSON`,
      next: `restore it, or remove it to push all, then run: ${again}`,
    });
  }
}

function write(path: string, digests: Digests): void {
  const sorted = Object.entries(digests).sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(path, `${JSON.stringify(Object.fromEntries(sorted), undefined, 2)}\n`);
}

/** A reference that `Images.registry` made: the tag is the hash of a folder. The digest is not part of it. */
function imageOfRegistry(text: string): Image[] {
  const [, reference, name] = /^(.+\/([a-z0-9][a-z0-9._-]*):[0-9a-f]{12})(?:@sha256:[0-9a-f]{64})?$/.exec(text) ?? [];
  return reference && name && !reference.startsWith('cdk8s-services/') ? [{ reference, name }] : [];
}

async function builds(session: Session, missing: readonly Image[]): Promise<Item<void>[]> {
  const built = missing.length > 0 ? await dockerImages(session, {}) : new Set();
  return missing
    .filter(({ reference }) => !built.has(reference))
    .map((image) => ({ name: image.name, run: (line) => build(session, image, {}, line) }));
}

/** Pushes an image, and gives its digest. */
async function push({ shell, again }: Session, { reference }: Image, line: Line): Promise<string> {
  line.update('pushing');
  const { ok, lines } = await shell.run('docker', ['push', reference]);
  if (!ok) {
    const next = `see that you are logged in ('docker login') and may push there, then run: ${again}`;
    throw failureOf(lines, { cause: `${reference} cannot be pushed`, details: lines.slice(-5), next }, again);
  }
  const digest = lines.map((text) => /digest: (sha256:[0-9a-f]{64})/.exec(text)?.[1]).find((found) => found);
  if (digest === undefined) {
    throw new Failure({
      cause: `docker does not say the digest of ${reference}`,
      details: lines.slice(-5),
      next: again,
    });
  }
  line.update(`pushed as ${digest}`);
  return digest;
}
