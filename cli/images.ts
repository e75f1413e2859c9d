import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Failure } from './failure';
import type { Item, Line, Progress } from './progress';
import { readProject } from './project';
import type { Session } from './session';
import { failureOf } from './steps/causes';
import { build, dockerImages, type Image, referencesIn } from './steps/images';
import { objectsOf } from './steps/selection';
import { synthesize } from './steps/synthesize';
import { checkTools } from './steps/tools';

/** Two builds at once: more of them take longer on two cores. */
const BUILDS = 2;

export interface ImagesOptions {
  readonly push: boolean;
  /** The file of the digests. */
  readonly digests: string;
}

/** Digests, by the reference with the tag. */
interface Digests {
  [reference: string]: string | undefined;
}

/** Builds the images of the app that its registry lacks, and pushes them. */
export async function images(session: Session, progress: Progress, options: ImagesOptions): Promise<void> {
  const project = await progress.run('check tools', async () => {
    checkTools(session.again, ['docker']);
    return readProject(session.folder);
  });
  const references = await progress.run('synthesize', async (line) =>
    referencesIn(objectsOf(await synthesize(session, project, line))),
  );
  const path = resolve(session.folder, options.digests);
  const known = readDigests(path, session.again);
  const wanted = references.flatMap(imageOfRegistry);
  const missing = wanted.filter(({ reference }) => known[reference] === undefined);
  await progress.each('build images', await builds(session, missing), BUILDS);
  if (!options.push) {
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
  process.stdout.write(`\n${missing.length} pushed, ${wanted.length} in ${options.digests}; keep that file in git\n`);
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
