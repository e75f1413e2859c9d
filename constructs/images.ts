import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { IConstruct } from 'constructs';
import { PACKAGE_ROOT } from './asset';
import { isText, problem } from './private/problems';
import { Where } from './private/where';

const CONTEXT_KEY = 'cdk8s-services:images';
const hashes = new Map<string, string>();

/** Where the digests of pushed images are noted. */
export interface RegistryProps {
  /**
   * The file that `cdk8s-services images --push` writes, relative to the folder in which the app runs. Keep it in git.
   * @default 'images.json'
   */
  readonly digests?: string;
}

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
   * The same images, with the same tags, pushed to a registry and pulled by their digests. The pull policy is `Always`:
   * at each start the node asks the registry whether the pod may have the image, and downloads only the layers that it
   * lacks. An image that was not pushed yet, or whose folder has changed since, is named by its tag alone.
   *
   * @param prefix Registry and path before an image's name, such as `ghcr.io/acme/services`.
   * @param props Where the digests are noted.
   * @throws If the prefix is none.
   */
  public static registry(prefix: string, props: RegistryProps = {}): Images {
    checkPrefix('Images.registry', prefix);
    return new Images(prefix, 'Always', undefined, resolve(props.digests ?? 'images.json'));
  }

  /**
   * Images of a registry under one tag of your own: a release that you made, or a fixed tag for snapshot tests.
   *
   * @param prefix Registry and path before an image's name.
   * @param tag The tag that every image has.
   * @throws If the prefix is none, or the tag is no tag, or `latest`: what runs would depend on when it was pulled.
   */
  public static tagged(prefix: string, tag: string): Images {
    checkPrefix('Images.tagged', prefix);
    if (tag === 'latest' || !isText(/^\w[\w.-]{0,127}$/, tag)) {
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

  private digests?: Digests;

  private constructor(
    private readonly prefix: string,
    private readonly policy: string,
    private readonly tag?: string,
    private readonly digestsFile?: string,
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
   * @throws If the file with the digests is there and cannot be read.
   */
  public reference(service: string): string {
    const tagged = `${this.prefix}/${service}:${this.tag ?? contentHash(service)}`;
    this.digests ??= this.digestsFile === undefined ? {} : digestsIn(this.digestsFile);
    const digest = this.digests[tagged];
    return digest === undefined ? tagged : `${tagged}@${digest}`;
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
  where = new Where('image'),
): { image: string; imagePullPolicy: string } {
  if (given === undefined) {
    const images = Images.of(scope);
    return { image: referenceOf(scope, images, service), imagePullPolicy: images._pullPolicy };
  }
  if (!isText(/^[^@\s]+(:(?!latest$)\w[\w.-]*|@sha256:[0-9a-f]{64})$/, given)) {
    problem(scope, `${where} is '${given}', which names no version; add a tag that is not 'latest', or a digest`);
  }
  return { image: given, imagePullPolicy: 'IfNotPresent' };
}

/** A registry and a path in it, as image references have them. */
function checkPrefix(where: string, prefix: string): void {
  if (!isText(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/, prefix)) {
    throw new Error(
      `${where}: 'prefix' is '${prefix}'; use a registry and a path in lower case, such as 'ghcr.io/acme', without 'https://' and without a slash at its end`,
    );
  }
}

function referenceOf(scope: IConstruct, images: Images, service: string): string {
  try {
    return images.reference(service);
  } catch (error) {
    problem(scope, (error as Error).message);
    return service;
  }
}

/** The digest of each image that was pushed, by its reference with the tag. */
interface Digests {
  readonly [reference: string]: string;
}

function digestsIn(path: string): Digests {
  if (!existsSync(path)) {
    return {};
  }
  try {
    const digests = JSON.parse(readFileSync(path, 'utf8'));
    const wrong = Object.entries(digests).find(([, digest]) => !/^sha256:[0-9a-f]{64}$/.test(`${digest}`));
    if (wrong) {
      throw new Error(`the digest of '${wrong[0]}' is none`);
    }
    return digests;
  } catch (error) {
    const reason = (error as Error).message;
    throw new Error(`'digests' is ${path}, which cannot be used (${reason}); run: cdk8s-services images --push`);
  }
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
