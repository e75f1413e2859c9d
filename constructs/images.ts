import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { IConstruct } from 'constructs';
import { PACKAGE_ROOT } from './asset';
import { problem } from './problems';

const CONTEXT_KEY = 'cdk8s-services:images';
const hashes = new Map<string, string>();

/**
 * Where the services' images come from. Each service has one, built from `dockerfiles/<service>`.
 *
 * Set it once for an app, before anything else is added to it: `Images.registry('ghcr.io/acme').useIn(app)`.
 */
export class Images {
  /**
   * Images that are built on the node itself, such as into minikube's Docker, and are never pulled. The tag is a
   * hash of the build folder, so that a changed folder is a changed image, and rolls the pods that run it.
   */
  public static local(): Images {
    return new Images('cdk8s-services', 'Never');
  }

  /**
   * The same images, with the same tags, pushed to a registry.
   *
   * @param prefix Registry and path before an image's name, such as `ghcr.io/acme/services`.
   */
  public static registry(prefix: string): Images {
    return new Images(prefix, 'IfNotPresent');
  }

  /**
   * Images of a registry under one tag of your own: a release that you made, or a fixed tag for snapshot tests.
   *
   * @param prefix Registry and path before an image's name.
   * @param tag The tag that every image has.
   * @throws If the tag is no tag, or `latest`: what runs would depend on when it was pulled.
   */
  public static tagged(prefix: string, tag: string): Images {
    if (tag === 'latest' || !/^\w[\w.-]{0,127}$/.test(tag)) {
      throw new Error(`Images.tagged: 'tag' is '${tag}', which names no version; use a release such as '1.2.0'`);
    }
    return new Images(prefix, 'IfNotPresent', tag);
  }

  /**
   * The images that apply to a construct: those set for its app (or for a scope between), else local ones.
   *
   * @param scope Any construct of the app.
   */
  public static of(scope: IConstruct): Images {
    return scope.node.tryGetContext(CONTEXT_KEY) ?? Images.local();
  }

  private constructor(
    private readonly prefix: string,
    private readonly policy: string,
    private readonly tag?: string,
  ) {}

  /**
   * Makes these the images of everything below `scope`.
   *
   * @param scope An app, chart or construct that has no children yet.
   * @throws If the scope has children, which may have taken their images already.
   */
  public useIn(scope: IConstruct): void {
    if (scope.node.children.length > 0) {
      throw new Error(`${scope.node.path || 'app'}: images are set before anything is added; move useIn() up`);
    }
    scope.node.setContext(CONTEXT_KEY, this);
  }

  /**
   * The reference of a service's image, such as `cdk8s-services/mysql:4f1c09ab77e2`.
   *
   * @param service The name of a folder in `dockerfiles/`.
   */
  public reference(service: string): string {
    return `${this.prefix}/${service}:${this.tag ?? contentHash(service)}`;
  }

  /** @internal */
  public get _pullPolicy(): string {
    return this.policy;
  }
}

/** The image of a service's containers: its own, or another that was given. */
export function imageOf(
  scope: IConstruct,
  service: string,
  given?: string,
): { image: string; imagePullPolicy: string } {
  if (given === undefined) {
    const images = Images.of(scope);
    return { image: images.reference(service), imagePullPolicy: images._pullPolicy };
  }
  if (!/^[^@]+(:(?!latest$)\w[\w.-]*|@sha256:[0-9a-f]{64})$/.test(given)) {
    problem(scope, `'image' is '${given}', which names no version; add a tag that is not 'latest', or a digest`);
  }
  return { image: given, imagePullPolicy: 'IfNotPresent' };
}

/** The first 12 hex digits of a hash over the paths, modes and bytes of a build folder, known without Docker. */
function contentHash(service: string): string {
  const known = hashes.get(service);
  if (known) {
    return known;
  }
  const folder = join(PACKAGE_ROOT, 'dockerfiles', service);
  if (!existsSync(folder)) {
    throw new Error(`image '${service}' has no folder ${folder}; the package is not complete, install it again`);
  }
  const hash = createHash('sha256');
  for (const file of filesBelow(folder)) {
    const path = join(folder, file);
    const executable = statSync(path).mode & 0o100 ? 'x' : '-';
    hash.update(`${file}\0${executable}\0`).update(readFileSync(path)).update('\0');
  }
  const tag = hash.digest('hex').slice(0, 12);
  hashes.set(service, tag);
  return tag;
}

function filesBelow(folder: string, prefix = ''): string[] {
  return readdirSync(join(folder, prefix), { withFileTypes: true })
    .flatMap((entry) => {
      const path = prefix ? `${prefix}/${entry.name}` : entry.name;
      return entry.isDirectory() ? filesBelow(folder, path) : [path];
    })
    .sort();
}
