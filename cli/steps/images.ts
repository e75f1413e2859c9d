import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../failure';
import type { KubernetesObject } from '../kubernetes';
import type { Item, Line } from '../progress';
import type { Session } from '../session';
import type { Environment } from '../shell';
import { buildImage } from './build';
import { failureOf } from './causes';

/** An image that is built here: `cdk8s-services/<name>:<tag>`, from the folder `dockerfiles/<name>`. */
export interface Image {
  readonly reference: string;
  readonly name: string;
}

const REFERENCE = /^cdk8s-services\/([a-z0-9][a-z0-9._-]*):([\w][\w.-]*)$/;

/** The images to build that objects name, each once; those of registries are left to the node. */
export function imagesIn(objects: readonly KubernetesObject[]): Image[] {
  return referencesIn(objects).flatMap((text) => {
    const [reference, name, tag] = REFERENCE.exec(text) ?? [];
    if (tag === 'latest') {
      throw new Failure({
        cause: `'${reference}' names no version: a new build of it would not be rolled out`,
        next: 'leave the tag to Images.local(), which takes it from the content of the folder',
      });
    }
    return reference && name ? [{ reference, name }] : [];
  });
}

/** The values of all fields that name an image, each once. */
export function referencesIn(objects: readonly KubernetesObject[]): string[] {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      value.forEach(visit);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, field] of Object.entries(value)) {
        if (key === 'image' && typeof field === 'string') {
          found.add(field);
        }
        visit(field);
      }
    }
  };
  visit(objects);
  return [...found];
}

/** The images that the node lacks, and how each gets there. */
export async function missingImages(
  session: Session,
  images: readonly Image[],
  runtime: string,
  env: Environment = {},
): Promise<Item<void>[]> {
  const built = await dockerImages(session, env);
  if (runtime === 'docker') {
    const missing = images.filter(({ reference }) => !built.has(reference));
    return missing.map((image) => ({ name: image.name, run: (line) => build(session, image, env, line) }));
  }
  const loaded = await nodeImages(session);
  const missing = images.filter(({ reference }) => !loaded.has(reference));
  return missing.map((image) => ({
    name: image.name,
    run: async (line) => {
      if (!built.has(image.reference)) {
        await build(session, image, env, line);
      }
      await load(session, image, line);
    },
  }));
}

export async function dockerImages({ shell, again }: Session, env: Environment): Promise<Set<string>> {
  const args = ['images', '--format', '{{.Repository}}:{{.Tag}}'];
  const { ok, stdout, lines } = await shell.run('docker', args, { env });
  if (!ok) {
    throw failureOf(lines, { cause: 'docker does not list its images', details: lines, next: 'docker info' }, again);
  }
  return new Set(stdout.split('\n'));
}

async function nodeImages({ shell, profile }: Session): Promise<Set<string>> {
  const args = ['-p', profile, 'image', 'ls'];
  const output = await shell.output('minikube', args, `minikube -p ${profile} image ls`);
  return new Set(output.split('\n').map((line) => line.trim().replace(/^(docker\.io|localhost)\//, '')));
}

export async function build(session: Session, image: Image, env: Environment, line: Line): Promise<void> {
  const context = contextOf(session, image);
  await buildImage(session, image, context, env, line);
  if (!(await dockerImages(session, env)).has(image.reference)) {
    throw new Failure({
      cause: `${image.reference} was built, but docker does not have it: your buildx builder keeps it to itself`,
      next: `docker buildx use default, then run: ${session.again}`,
    });
  }
}

async function load({ shell, profile, again }: Session, { reference, name }: Image, line: Line): Promise<void> {
  line.update(`copying it to the node`);
  const { ok, lines } = await shell.run('minikube', ['-p', profile, 'image', 'load', reference]);
  if (!ok) {
    const next = `minikube -p ${profile} image load ${reference}`;
    throw failureOf(lines, { cause: `${name} cannot be copied to the node`, details: lines.slice(-5), next }, again);
  }
}

/** The build folder: of this package, as the tag is a hash of it, or for images of the app's own, of the app. */
function contextOf({ folder, again }: Session, { name, reference }: Image): string {
  const folders = [join(__dirname, '..', 'dockerfiles', name), join(folder, 'dockerfiles', name)];
  const context = folders.find((path) => existsSync(path));
  if (!context) {
    throw new Failure({
      cause: `${reference} has no folder dockerfiles/${name}`,
      next: `add dockerfiles/${name}/Dockerfile, then run: ${again}`,
    });
  }
  return context;
}
