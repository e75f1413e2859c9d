import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { GROUP_KINDS, groupOf, isKind, isOfCluster, isSameKind, type Typed } from '../../constructs/manifest/kinds';
import { typed } from './typed';

/** What an answer of the API is made of. */
export interface Answer {
  readonly status: number;
  readonly body?: object;
  /** In place of a body, as the proxy says it by itself. */
  readonly text?: string;
  /** Whether it ends in its middle. */
  readonly isCut?: boolean;
  readonly warnings?: readonly string[];
}

/** A request, as tests look at it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: any;
}

/** What is refused of what is asked; undefined where the cluster answers by itself. */
type Rule = (asked: Asked) => Answer | undefined | Promise<Answer | undefined>;

const OF_SERVER = ['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields'];

/**
 * A cluster: its API on a socket, and the objects behind it. Workloads are ready as soon as they are applied, unless they are
 * there without a status before.
 */
export class Cluster {
  /** What was asked, such as `PATCH /api/v1/namespaces/shop/configmaps/web`; a dry run is `DRY RUN …`. */
  readonly requests: string[] = [];
  readonly applied: any[] = [];
  readonly deleted: any[] = [];
  /** What containers have said, by `<pod>/<container>` and `<pod>/<container>/previous`. */
  readonly logs = new Map<string, string>();
  private items: any[] = [];
  private readonly others: { readonly version: string; readonly kind: string }[] = [];
  private version = 0;
  private readonly rules: Rule[] = [];
  private readonly streams = new Set<ServerResponse>();
  private readonly server: Server;

  constructor(readonly socket: string) {
    this.server = createServer((request, response) => {
      this.handle(request, response).catch((error) => response.writeHead(500).end(`${error.stack}`));
    });
    this.server.listen(socket);
    this.server.unref();
  }

  /** What it has from now on. */
  has(...items: readonly object[]): void {
    this.items = structuredClone(items.map(typed));
  }

  /** Kinds of others that it knows though there is nothing of them. */
  knows(...kinds: readonly Typed[]): void {
    this.others.push(...kinds.map(({ apiVersion: version, kind }) => ({ version, kind })));
  }

  /** What it has by now. */
  get objects(): any[] {
    return structuredClone(this.items);
  }

  /** What it answers in place of what it has, until the rule is taken back. */
  answers(rule: Rule): () => void {
    this.rules.unshift(rule);
    return () => this.rules.splice(this.rules.indexOf(rule), 1);
  }

  /** How much is watched and followed. */
  get streaming(): number {
    return this.streams.size;
  }

  /** Ends that. */
  cut(): void {
    for (const stream of this.streams) {
      stream.destroy();
    }
  }

  close(): void {
    this.cut();
    this.server.close();
    this.server.closeAllConnections();
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '' } = request;
    let text = '';
    for await (const chunk of request) {
      text += chunk;
    }
    const { pathname: path, searchParams: query } = new URL(url, 'http://localhost');
    const asked: Asked = {
      method,
      path: decodeURIComponent(path),
      query,
      body: text === '' ? undefined : JSON.parse(text),
    };
    this.requests.push(`${query.has('dryRun') ? 'DRY RUN' : method} ${asked.path}`);
    for (const rule of this.rules) {
      const found = await rule(asked);
      if (found) {
        reply(response, found);
        return;
      }
    }
    if (query.has('watch')) {
      this.keep(response.writeHead(200));
      response.flushHeaders();
    } else if (/\/pods\/[^/]+\/log$/.test(path)) {
      this.log(asked, response);
    } else {
      reply(response, path === '/kubectl' ? { status: 200, body: this.kubectl(asked.body) } : this.answer(asked));
    }
  }

  private keep(response: ServerResponse): void {
    this.streams.add(response);
    response.on('close', () => this.streams.delete(response));
  }

  private log({ path, query }: Asked, response: ServerResponse): void {
    const [, pod] = /\/pods\/([^/]+)\/log$/.exec(path) ?? [];
    const name = `${pod}/${query.get('container')}${query.get('previous') === 'true' ? '/previous' : ''}`;
    const read = () => this.logs.get(name)?.split(/(?<=\n)/) ?? [];
    if (!this.logs.has(name)) {
      reply(response, refusal(400, 'BadRequest', `container of ${pod} is waiting to start`));
      return;
    }
    const lines = read();
    const since = query.get('sinceTime');
    const tail = Number(query.get('tailLines') ?? Number.MAX_SAFE_INTEGER);
    const shown = since === null ? lines.slice(-tail) : lines.filter((line) => line >= since.slice(0, 19));
    response.writeHead(200).write(shown.join(''));
    if (!query.has('follow')) {
      response.end();
      return;
    }
    this.keep(response);
    let told = lines.length;
    const timer = setInterval(() => {
      const now = read();
      response.write(now.slice(told).join(''));
      told = now.length;
    }, 20);
    response.on('close', () => clearInterval(timer));
  }

  /** The answer to a request. */
  answer(asked: Asked): Answer {
    const { method, path, query, body } = asked;
    const [, api, ...rest] = path.split('/');
    const version = rest.splice(0, api === 'api' ? 1 : 2).join('/');
    if (version === '') {
      return ok({ groups: this.groups() });
    }
    const kinds = this.kindsOf(version);
    if (kinds.size === 0) {
      return { status: 404, body: { message: '404 page not found' } };
    }
    if (rest.length === 0) {
      const resources = [...kinds].map(([name, kind]) => ({
        name,
        kind,
        namespaced: !isOfCluster({ apiVersion: version, kind }),
      }));
      return ok({ resources });
    }
    const namespace = rest[0] === 'namespaces' && rest.length > 2 ? rest.splice(0, 2)[1] : undefined;
    const [resource = '', name] = rest;
    const kind = kinds.get(resource);
    if (kind === undefined) {
      return refusal(404, 'NotFound', 'the server could not find the requested resource');
    }
    const found = this.items.filter(
      (object) =>
        isSameKind(object, { apiVersion: version, kind }) &&
        (namespace === undefined || object.metadata.namespace === namespace),
    );
    if (method === 'POST') {
      return this.create(body, namespace, resource);
    }
    if (name === undefined) {
      return ok({
        apiVersion: version,
        kind: `${kind}List`,
        metadata: { resourceVersion: '1' },
        items: selected(found, query),
      });
    }
    const before = found.find(({ metadata }) => metadata.name === name);
    switch (method) {
      case 'PATCH':
        return this.patch(asked, namespace, before) ?? missing(resource, name);
      case 'PUT':
        return before ? this.replace(before, body) : missing(resource, name);
      case 'DELETE':
        return before ? this.remove(before, body) : missing(resource, name);
      default:
        return before ? ok(before) : missing(resource, name);
    }
  }

  private groups(): object[] {
    const known = GROUP_KINDS.map((one) => one.slice(one.indexOf('.') + 1)).filter((group) => group !== '');
    const others = this.defined().map(({ version }) => version);
    const versions = [...known.map((group) => `${group}/v1`), ...others].filter((version) => version.includes('/'));
    return [...new Map(versions.map((version) => [version.split('/')[0], version]))].map(([name, groupVersion]) => ({
      name,
      preferredVersion: { groupVersion },
    }));
  }

  /** The kinds of a version, by their plurals: those of Kubernetes, and of others those that are there or defined. */
  private kindsOf(version: string): Map<string, string> {
    const [group] = [groupOf({ apiVersion: version })];
    const own = GROUP_KINDS.filter((one) => one.slice(one.indexOf('.') + 1) === group).map(
      (one) => one.split('.')[0] ?? '',
    );
    const others = this.defined()
      .filter((one) => one.version === version)
      .map(({ kind }) => kind);
    return new Map([...own, ...others].map((kind) => [pluralOf(kind), kind]));
  }

  private defined(): { readonly version: string; readonly kind: string }[] {
    const there = this.items.flatMap(({ apiVersion, kind, spec }) => [
      { version: apiVersion, kind },
      ...(isKind({ apiVersion, kind }, 'CustomResourceDefinition')
        ? [{ version: `${spec.group}/v1`, kind: spec.names.kind }]
        : []),
    ]);
    return [...this.others, ...there];
  }

  private create(object: any, namespace: string | undefined, resource: string): Answer {
    const { name } = object.metadata;
    if (this.find(object)) {
      return refusal(409, 'AlreadyExists', `${resource} "${name}" already exists`);
    }
    return (
      this.lacksNamespace(namespace) ?? {
        status: 201,
        body: this.put({ ...object, metadata: { uid: `${this.items.length}`, ...object.metadata } }),
      }
    );
  }

  private replace(before: any, object: any): Answer {
    if (before.metadata.resourceVersion !== object.metadata.resourceVersion) {
      return refusal(409, 'Conflict', 'the object has been modified; please apply your changes to the latest version');
    }
    return ok(this.put({ ...object, metadata: { ...before.metadata, ...object.metadata } }, before));
  }

  private remove(before: any, options: any): Answer {
    const { resourceVersion } = options?.preconditions ?? {};
    if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion) {
      return refusal(409, 'Conflict', 'the precondition is not met');
    }
    this.items = this.items.filter((object) => object !== before);
    // what is known of an app is named after it
    if (!before.metadata.name.startsWith('cdk8s-services.')) {
      this.deleted.push(before);
    }
    return ok({ kind: 'Status', status: 'Success' });
  }

  private patch({ query, body }: Asked, namespace: string | undefined, before: any): Answer | undefined {
    const isApply = query.has('force');
    if (!isApply) {
      return before && ok(this.put(merged(before, body), before));
    }
    const lacking = this.lacksNamespace(namespace);
    if (lacking) {
      return lacking;
    }
    const status = before ? 200 : 201;
    if (query.has('dryRun')) {
      const ofServer = Object.entries(before?.metadata ?? {}).filter(([field]) => OF_SERVER.includes(field));
      const metadata = { ...body.metadata, ...Object.fromEntries(ofServer) };
      return { status, body: { ...body, metadata, status: before?.status } };
    }
    this.applied.push(structuredClone(body));
    return { status, body: this.put(this.afterApply(body, before), before) };
  }

  private afterApply(object: any, before: any): any {
    const labels = { ...before?.metadata.labels, ...object.metadata.labels };
    const metadata = { uid: `${this.items.length}`, ...before?.metadata, ...object.metadata, labels };
    const after = { ...before, ...object, metadata: { ...metadata, managedFields: [recordOf(object)] } };
    if (before) {
      return after;
    }
    if (isKind(object, 'Deployment', 'StatefulSet', 'DaemonSet')) {
      const { replicas = 1 } = object.spec;
      const counts = { replicas, updatedReplicas: replicas, readyReplicas: replicas, availableReplicas: replicas };
      return { ...after, status: { observedGeneration: 1, ...counts } };
    }
    if (isKind(object, 'CustomResourceDefinition')) {
      return { ...after, status: { conditions: [{ type: 'Established', status: 'True' }] } };
    }
    return object.apiVersion === 'v1' && object.kind === 'Namespace'
      ? { ...after, status: { phase: 'Active' } }
      : after;
  }

  private lacksNamespace(namespace: string | undefined): Answer | undefined {
    const isIt = (object: any) => isKind(object, 'Namespace') && object.metadata.name === namespace;
    return namespace === undefined || this.items.some(isIt) ? undefined : missing('namespaces', namespace);
  }

  private find(object: any): any {
    return this.items.find((other) => keyOf(other) === keyOf(object));
  }

  private put(object: any, before?: any): any {
    if (JSON.stringify(before) !== JSON.stringify(object)) {
      object.metadata.resourceVersion = `${++this.version}`;
    }
    this.items = [...this.items.filter((other) => keyOf(other) !== keyOf(object)), object];
    return object;
  }

  /** What kubectl prints, as far as it is called: `get`, and the `apply` of those who type it. */
  private kubectl({ args, input }: { readonly args: readonly string[]; readonly input: readonly object[] }): object {
    const { words, options } = parse(args);
    const [verb, kinds = '', ...names] = words;
    if (verb === 'apply') {
      for (const object of input) {
        this.put(this.afterApply(object, this.find(object)), this.find(object));
      }
      return { stdout: '' };
    }
    const terms = new URLSearchParams({ labelSelector: options.l ?? '' });
    const found = this.items.filter(
      (object) =>
        kinds.split(',').some((kind) => isNamed(object, kind)) &&
        (object.metadata.namespace === undefined ||
          options['all-namespaces'] !== undefined ||
          object.metadata.namespace === (options.n ?? 'default')) &&
        (names.length === 0 || names.includes(object.metadata.name)),
    );
    const items = selected(found, terms).map((item: any) => found.find(({ metadata }) => metadata === item.metadata));
    const list = names.length === 1 ? items[0] : { apiVersion: 'v1', kind: 'List', items };
    const lines = items.map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}\n`);
    return { stdout: options.o === 'name' ? lines.join('') : `${JSON.stringify(list)}\n` };
  }
}

function reply(response: ServerResponse, { status, body, text, isCut, warnings = [] }: Answer): void {
  if (isCut) {
    response.writeHead(status).write('{', () => response.destroy());
    return;
  }
  if (text !== undefined) {
    response.writeHead(status).end(text);
    return;
  }
  for (const text of warnings) {
    response.appendHeader('warning', `299 - ${JSON.stringify(text)}`);
  }
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function ok(body: object): Answer {
  return { status: 200, body };
}

/** An answer as the API gives it to what it refuses. */
export function refusal(status: number, reason: string, message: string, causes: readonly object[] = []): Answer {
  return { status, body: { kind: 'Status', status: 'Failure', reason, message, details: { causes } } };
}

export function forbidden(what: string): Answer {
  return refusal(403, 'Forbidden', `${what} is forbidden: User "ann" cannot do that`);
}

function missing(resource: string, name: string): Answer {
  return refusal(404, 'NotFound', `${resource} "${name}" not found`);
}

/** Without version and kind, which elements of a list do not say. */
function selected(objects: readonly any[], query: URLSearchParams): object[] {
  const terms = (query.get('labelSelector') ?? '').split(',').filter((term) => term !== '');
  const fields = (query.get('fieldSelector') ?? '').split(',').filter((term) => term !== '');
  return objects
    .filter(({ metadata: { labels = {} } }) => terms.every((term) => matches(labels, term)))
    .filter((object) => fields.every((term) => isField(object, term)))
    .map(({ apiVersion: _, kind: __, ...item }) => item);
}

/** `a`, `!a` or `a=b`. */
function matches(labels: any, term: string): boolean {
  const [label = '', value] = term.replace(/^!/, '').split('=');
  return term.startsWith('!') ? !(label in labels) : label in labels && (value ?? labels[label]) === labels[label];
}

function isField(object: any, term: string): boolean {
  const [path = '', value] = term.split('=');
  return path.split('.').reduce((inside, name) => inside?.[name], object) === value;
}

/** https://www.rfc-editor.org/rfc/rfc7396 */
function merged(before: any, patch: any): any {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) {
    return patch;
  }
  const fields = Object.entries(patch).map(([name, value]) => [name, merged(before?.[name] ?? {}, value)]);
  return { ...before, ...Object.fromEntries(fields) };
}

/** The record of an apply. Lists are one value in it, as they are where the API knows no keys of them. */
function recordOf({ apiVersion, kind, metadata: { name, namespace, ...metadata }, ...fields }: any): object {
  return { manager: 'cdk8s-services', operation: 'Apply', apiVersion, fieldsV1: ownedBy({ ...fields, metadata }) };
}

function ownedBy(value: unknown): object {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMap ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [`f:${name}`, ownedBy(inner)])) : {};
}

function keyOf({ kind, metadata, ...object }: any): string {
  return `${groupOf(object)} ${kind} ${metadata.namespace} ${metadata.name}`;
}

function pluralOf(kind: string): string {
  const name = kind.toLowerCase();
  if (/[^aeiou]y$/.test(name)) {
    return name.replace(/y$/, 'ies');
  }
  return name === 'endpoints' ? name : /(s|x|ch)$/.test(name) ? `${name}es` : `${name}s`;
}

function parse(args: readonly string[]): { words: string[]; options: { [name: string]: string } } {
  const words: string[] = [];
  const options: { [name: string]: string } = {};
  const left = [...args];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    const [, name, value] = /^--?([\w-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) {
      words.push(word);
    } else if (['context', 'n', 'o', 'l', 'f', 'field-selector'].includes(name)) {
      options[name] = value ?? left.shift() ?? '';
    } else {
      options[name] = value ?? '';
    }
  }
  return { words, options };
}

/** `Deployment.apps`, `deployments.apps` and `deployment` are the same; without a group it is Kubernetes' own. */
function isNamed(object: any, text: string): boolean {
  const [name = '', ...group] = text.toLowerCase().split('.');
  const isOwn = !groupOf(object).includes('.') || groupOf(object).endsWith('.k8s.io');
  if (group.length > 0 ? group.join('.') !== groupOf(object) : !isOwn) {
    return false;
  }
  return [object.kind.toLowerCase(), pluralOf(object.kind)].includes(name);
}
