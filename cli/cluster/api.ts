import { type IncomingMessage, request } from 'node:http';
import type { KubectlProxy } from '../machine/proxy';
import type { Session } from '../machine/session';
import { Interrupted } from '../terminal/failure';
import { ApiError, type Cause, Unreachable, unless } from './api-error';
import type { KubernetesObject } from './object';
import { placed, type Resource, Resources, rootOf } from './resources';

/** Whose the fields are that `up` applies. */
export const FIELD_MANAGER = 'cdk8s-services';

/** How often a server that is busy is asked again. */
const PATIENCE = 20;

/** Lists longer than this come in parts. */
const PART = 500;

const APPLY = { fieldManager: FIELD_MANAGER, force: 'true', fieldValidation: 'Ignore' };
/** Of objects, what tells them apart. */
const NAMES = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

/** What is listed: all unless given. */
export interface Selection {
  readonly namespace?: string;
  readonly labels?: string;
  readonly fields?: string;
  /** Only the metadata of each. */
  readonly names?: boolean;
}

export interface Deletion {
  /** Only while it is as it was then. */
  readonly resourceVersion?: string;
  /** `Foreground` where what it owns has to be gone first. */
  readonly propagationPolicy?: 'Foreground' | 'Background';
}

/** What an apply makes, or would make, of an object. */
export interface Applied {
  readonly object: KubernetesObject;
  readonly created: boolean;
  readonly warnings: readonly string[];
}

interface Request {
  readonly method?: string;
  readonly query?: { readonly [name: string]: string | undefined };
  readonly body?: object;
  readonly type?: string;
  readonly accept?: string;
}

interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly warnings: readonly string[];
}

interface Listed<T> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: { readonly continue?: string };
  /** Of metadata alone, an empty one is null. */
  readonly items: readonly T[] | null;
}

/** What the proxies of a run have told of the kinds of their clusters. */
const known = new WeakMap<KubectlProxy, Resources>();

/**
 * The API of the cluster, asked through one `kubectl proxy`: many requests at once, each with its own answer. Whatever is
 * refused is an `ApiError`. A type is named by its version and its plural, such as `apps/v1/deployments` or `v1/pods`.
 */
export class Api {
  private readonly proxy: KubectlProxy;

  constructor(private readonly session: Session) {
    this.proxy = session.proxies.of(session.profile);
  }

  async get<T>(type: string, name: string, namespace?: string): Promise<T> {
    return this.read<T>(pathOf(type, namespace, name));
  }

  /** Undefined where it is not there. */
  async find<T>(type: string, name: string, namespace?: string): Promise<T | undefined> {
    return unless(404, this.get<T>(type, name, namespace));
  }

  /** All of a type that are selected, however many. */
  async list<T = KubernetesObject>(type: string, selection: Selection = {}): Promise<T[]> {
    const { namespace, labels: labelSelector, fields: fieldSelector, names } = selection;
    const path = pathOf(type, namespace);
    const accept = names ? NAMES : undefined;
    const found: T[] = [];
    for (let next: string | undefined; ; ) {
      const query = { labelSelector, fieldSelector, limit: `${PART}`, continue: next };
      const { body } = await this.ask<Listed<T>>(path, { query, accept });
      const { apiVersion, metadata, items } = body;
      // its elements say neither version nor kind by themselves
      const kind = body.kind.replace(/List$/, '');
      found.push(...(items ?? []).map((item) => Object.assign(item as object, { apiVersion, kind }) as T));
      next = metadata?.continue || undefined;
      if (next === undefined) {
        return found;
      }
    }
  }

  async create<T extends KubernetesObject>(object: T): Promise<T> {
    const { collection } = await this.placeOf(object);
    return (await this.ask<T>(collection, { method: 'POST', body: object })).body;
  }

  /** Puts an object in the place of the one of its name, whose version it has. */
  async replace<T extends KubernetesObject>(object: T): Promise<T> {
    const { path } = await this.placeOf(object);
    return (await this.ask<T>(path, { method: 'PUT', body: object })).body;
  }

  /** Changes some fields of an object: https://www.rfc-editor.org/rfc/rfc7396 */
  async merge(object: KubernetesObject, body: object): Promise<void> {
    const { path } = await this.placeOf(object);
    const query = { fieldManager: FIELD_MANAGER };
    await this.ask(path, { method: 'PATCH', type: 'application/merge-patch+json', query, body });
  }

  /** Whether it was there. */
  async delete(object: KubernetesObject, deletion: Deletion = {}): Promise<boolean> {
    const { path } = await this.placeOf(object);
    const { resourceVersion, propagationPolicy } = deletion;
    const preconditions = resourceVersion === undefined ? undefined : { resourceVersion };
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy, preconditions };
    return (await unless(404, this.ask(path, { method: 'DELETE', body }))) !== undefined;
  }

  /**
   * Applies an object as `up` does; with a dry run, what would become of it. One that names no namespace is in `fallback`, if
   * its kind is in one.
   */
  async apply(object: KubernetesObject, fallback: string, { dryRun = false } = {}): Promise<Applied> {
    const { path, placed } = await this.placeOf(object, fallback);
    const query = { ...APPLY, ...(dryRun && { dryRun: 'All' }) };
    const asked = { method: 'PATCH', type: 'application/apply-patch+yaml', query, body: placed };
    const { status, body, warnings } = await this.ask<KubernetesObject>(path, asked);
    return { object: body, created: status === 201, warnings };
  }

  /** What the cluster has in the place of an object; undefined where that is nothing, or the kind is not known. */
  async seek(object: KubernetesObject, fallback: string): Promise<KubernetesObject | undefined> {
    const resource = await this.resourceOf(object);
    return resource && unless(404, this.read<KubernetesObject>(pathIn(resource, placed(object, resource, fallback))));
  }

  /** The lines of a log or a watch, as they come. A connection that is lost ends them like any other end. */
  async *lines(path: string, query: Request['query'] = {}): AsyncGenerator<string> {
    const answer = await this.send(path, { query }, false);
    answer.setEncoding('utf8');
    if (answer.statusCode !== 200) {
      throw this.errorOf(path, 'GET', answer, await this.textOf(answer));
    }
    let rest = '';
    try {
      for await (const chunk of answer) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        yield* lines;
      }
    } catch {
      if (this.session.signal.aborted) {
        throw new Interrupted();
      }
    }
    if (rest !== '') {
      yield rest;
    }
  }

  /** What the API has at a path. */
  async read<T>(path: string): Promise<T> {
    return (await this.ask<T>(path, {})).body;
  }

  /** How a kind is served; undefined where the API does not know it. */
  resourceOf(object: Pick<KubernetesObject, 'apiVersion' | 'kind'>) {
    return this.resources.find((path) => this.read(path), object);
  }

  /** The same of kinds that are named as in the inventory: `Deployment.apps`, `ConfigMap`. */
  resourcesNamed(groupKinds: readonly string[]) {
    return this.resources.findGroupKinds((path) => this.read(path), groupKinds);
  }

  private async placeOf(object: KubernetesObject, fallback?: string) {
    const { apiVersion, kind } = object;
    const resource = await this.resourceOf(object);
    if (!resource) {
      const said = `no matches for kind "${kind}" in version "${apiVersion}"`;
      throw new ApiError({ status: 404, reason: 'NotFound', said, next: this.session.again });
    }
    const there = placed(object, resource, fallback);
    const collection = pathOf(typeOf(resource), there.metadata.namespace);
    return { placed: there, collection, path: pathIn(resource, there) };
  }

  private get resources(): Resources {
    const resources = known.get(this.proxy) ?? new Resources();
    known.set(this.proxy, resources);
    return resources;
  }

  private async ask<T>(path: string, asked: Request): Promise<Answer<T>> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.send(path, asked, true);
      const text = await this.textOf(answer);
      const { statusCode: status = 0, headers } = answer;
      if (status === 429 && attempt < PATIENCE) {
        await this.session.shell.sleep(1000 * Number(headers['retry-after'] ?? 1));
        continue;
      }
      if (status < 200 || status > 299) {
        throw this.errorOf(path, asked.method ?? 'GET', answer, text);
      }
      return { status, body: JSON.parse(text) as T, warnings: warningsIn(headers.warning) };
    }
  }

  private async send(path: string, asked: Request, isShort: boolean): Promise<IncomingMessage> {
    const { proxy, session } = this;
    const { signal } = session;
    const { prefix = '', ...place } = await session.shell.until(proxy.place(session.again));
    const { method = 'GET', query = {}, body, type = 'application/json', accept = 'application/json' } = asked;
    const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const search = given.length > 0 ? `?${new URLSearchParams(given)}` : '';
    // the proxy answers who asks it by this name
    const content = body && Buffer.from(JSON.stringify(body));
    // not every method has its length by itself
    const length = content && { 'content-type': type, 'content-length': content.length };
    const headers = { host: 'localhost', accept, ...length };
    const options = { ...place, method, path: `${prefix}${path}${search}`, headers, signal };
    return new Promise((resolve, reject) => {
      // what goes on for long takes no connection from the others
      const sent = request(isShort ? { ...options, agent: proxy.agent } : { ...options, agent: false }, resolve);
      sent.on('error', (error) => reject(this.lost(error)));
      sent.end(content);
    });
  }

  private async textOf(answer: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of answer) {
        chunks.push(Buffer.from(chunk));
      }
    } catch (error) {
      throw this.lost(error as Error);
    }
    return Buffer.concat(chunks).toString();
  }

  private lost(error: Error): Error {
    const { signal, profile, again } = this.session;
    const next = `kubectl --context ${profile} get --raw /readyz, then run: ${again}`;
    return signal.aborted ? new Interrupted() : new Unreachable({ status: 0, said: error.message, next });
  }

  private errorOf(path: string, method: string, answer: IncomingMessage, text: string): ApiError {
    const { profile, again } = this.session;
    const { statusCode: status = 0, headers } = answer;
    const isJson = headers['content-type']?.startsWith('application/json') ?? false;
    // what the proxy says by itself is no JSON; 503 may be that of one group of the API alone
    if (status === 401 || (status >= 500 && status !== 503 && !isJson)) {
      const next = `kubectl --context ${profile} get --raw /readyz, then run: ${again}`;
      return new Unreachable({ status, said: text, next });
    }
    const { message, reason, details } = (isJson ? JSON.parse(text) : {}) as Status;
    const said = message || text.trim() || `it answers ${status}`;
    const warnings = warningsIn(headers.warning);
    const next = status === 403 ? `${rightOf(path, method, profile)}, then run: ${again}` : again;
    return new ApiError({ status, reason, said, causes: details?.causes, warnings, next });
  }
}

interface Status {
  readonly message?: string;
  readonly reason?: string;
  readonly details?: { readonly causes?: readonly Cause[] };
}

/** The API of a session's cluster. */
export function apiOf(session: Session): Api {
  return new Api(session);
}

/** The type of what a resource serves. */
export function typeOf({ apiVersion, name }: Resource): string {
  return `${apiVersion}/${name}`;
}

function pathIn(resource: Resource, { metadata }: KubernetesObject): string {
  return pathOf(typeOf(resource), metadata.namespace, metadata.name);
}

function pathOf(type: string, namespace: string | undefined, name?: string): string {
  const slash = type.lastIndexOf('/');
  const place = namespace === undefined ? '' : `/namespaces/${namespace}`;
  const end = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${rootOf(type.slice(0, slash))}${place}/${type.slice(slash + 1)}${end}`;
}

const VERBS: { readonly [method: string]: string } = {
  POST: 'create',
  PUT: 'update',
  DELETE: 'delete',
  PATCH: 'patch',
};

/** How to see whether one has the right that was lacking. */
function rightOf(path: string, method: string, profile: string): string {
  const [, namespace, type = path, name] =
    /^\/apis?\/(?:[^/]+\/)??v\w+(?:\/namespaces\/([^/]+)(?=\/))?\/(\w+)(?:\/([^/]+))?/.exec(path) ?? [];
  const verb = VERBS[method] ?? (name === undefined ? 'list' : 'get');
  const where = namespace === undefined ? '' : ` -n ${namespace}`;
  return `kubectl --context ${profile}${where} auth can-i ${verb} ${type}`;
}

/** The texts of `299 - "…", 299 - "…"`. */
function warningsIn(header: string | string[] = []): string[] {
  const texts = [header]
    .flat()
    .join(', ')
    .matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g);
  return [...texts].map(([, text = '']) => text.replaceAll(/\\(.)/g, '$1'));
}
