import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Node, readNodes } from '../cluster/nodes';
import type { KubernetesObject } from '../cluster/object';
import { failureOf } from '../machine/causes';
import type { Session } from '../machine/session';
import { Failure } from '../terminal/failure';
import type { Item, Line } from '../terminal/progress';
import type { Environment } from '../terminal/screen';
import { buildImage, type Image } from './build';

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

/**
 * The images that the nodes lack, and how each gets there.
 *
 * @param docker The node's own Docker; without one, images are built here and copied to all nodes.
 */
export async function missingImages(
  session: Session,
  images: readonly Image[],
  docker: Environment | undefined,
): Promise<Item<void>[]> {
  if (docker) {
    const built = await dockerImages(session, docker);
    const missing = images.filter(({ reference }) => !built.has(reference));
    return missing.map((image) => ({ name: image.name, run: (line) => build(session, image, docker, line) }));
  }
  const [loaded, nodes] = await Promise.all([copiedImages(session), readNodes(session)]);
  const lack = (reference: string) => nodes.length > 1 && nodesWithout(reference, nodes).length > 0;
  const missing = images.filter(({ reference }) => !loaded.has(reference) || lack(reference));
  const built = missing.length > 0 ? await imagesHere(session) : new Set();
  return missing.map((image) => ({
    name: image.name,
    run: async (line) => {
      if (!built.has(image.reference)) {
        await build(session, image, {}, line);
      }
      await load(session, image, line);
    },
  }));
}

/** So many images a kubelet names at most, the largest first. */
const NAMED = 50;

/** Those of several nodes that lack an image, as far as their kubelets tell: `minikube image ls` is of all nodes together. */
export function nodesWithout(reference: string, nodes: readonly Node[]): string[] {
  return nodes
    .filter(({ status: { images = [] } = {} }) => {
      const isTold = images.length > 0 && images.length < NAMED;
      return isTold && !images.some(({ names = [] }) => names.map(bare).includes(reference));
    })
    .map(({ metadata }) => metadata.name);
}

/** Those of the Docker of this machine. */
async function imagesHere(session: Session): Promise<Set<string>> {
  try {
    return await dockerImages(session, {});
  } catch (error) {
    if (error instanceof Failure) {
      throw new Failure({
        cause: `the images for '${session.profile}' are built by this machine's docker, which does not answer: ${error.message}`,
        details: error.details,
        next: `start Docker here, or take the images from a registry ('Images.registry'), then run: ${session.again}`,
      });
    }
    throw error;
  }
}

export async function dockerImages({ shell, again }: Session, env: Environment): Promise<Set<string>> {
  const args = ['images', '--format', '{{.Repository}}:{{.Tag}}'];
  const { ok, stdout, lines } = await shell.run('docker', args, { env });
  if (!ok) {
    throw failureOf(lines, { cause: 'docker does not list its images', details: lines, next: 'docker info' }, again);
  }
  return new Set(stdout.split('\n'));
}

async function copiedImages({ shell, profile }: Session): Promise<Set<string>> {
  const args = ['-p', profile, 'image', 'ls'];
  return listedImages(await shell.output('minikube', args, `minikube -p ${profile} image ls`));
}

/** What `minikube image ls` prints, in the words of programs. */
export function listedImages(output: string): Set<string> {
  return new Set(output.split('\n').map((line) => bare(line.trim())));
}

/** A name without the registry that is meant where none is named. */
function bare(reference: string): string {
  return reference.replace(/^(docker\.io|localhost)\/(library\/)?/, '');
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
  line.update('copying it to each node');
  const { ok, lines } = await shell.run('minikube', ['-p', profile, 'image', 'load', reference]);
  if (!ok) {
    const next = `minikube -p ${profile} image load ${reference}`;
    throw failureOf(lines, { cause: `${name} cannot be copied to the nodes`, details: lines.slice(-5), next }, again);
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
