import type { Answer, Api } from './api';
import type { KubernetesObject } from './object';

/** A kind, as one version of the API serves it. */
export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  /** The path of its version. */
  readonly root: string;
  /** In the plural, as paths have it. */
  readonly name: string;
  readonly namespaced: boolean;
}

interface Served {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

interface Group {
  readonly name: string;
  readonly preferredVersion: { readonly groupVersion: string };
}

/** The kinds that the cluster knows. Each version of the API is asked for its kinds once. */
export class Resources {
  private readonly versions = new Map<string, Promise<readonly Resource[]>>();
  private groups?: Promise<Answer>;

  constructor(private readonly api: Api) {}

  async find(apiVersion: string, kind: string): Promise<Resource | undefined> {
    return (await this.kindsOf(apiVersion)).find((resource) => resource.kind === kind);
  }

  /** A kind that is named as in the inventory: `Deployment.apps`, `ConfigMap`. */
  async findGroupKind(text: string): Promise<Resource | undefined> {
    const [kind = '', ...rest] = text.split('.');
    const apiVersion = await this.preferred(rest.join('.'));
    return apiVersion === undefined ? undefined : this.find(apiVersion, kind);
  }

  private async preferred(group: string): Promise<string | undefined> {
    if (group === '') {
      return 'v1';
    }
    this.groups ??= this.api.get('/apis');
    const { groups = [] } = (await this.groups).body as { readonly groups?: readonly Group[] };
    return groups.find(({ name }) => name === group)?.preferredVersion.groupVersion;
  }

  private kindsOf(apiVersion: string): Promise<readonly Resource[]> {
    const known = this.versions.get(apiVersion) ?? this.ask(apiVersion);
    this.versions.set(apiVersion, known);
    return known;
  }

  private async ask(apiVersion: string): Promise<readonly Resource[]> {
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const { status, body } = await this.api.get(root);
    const served: readonly Served[] = status === 200 ? body.resources : [];
    return served
      .filter(({ name }) => !name.includes('/'))
      .map(({ name, kind, namespaced }) => ({ apiVersion, kind, root, name, namespaced }));
  }
}

/** Where the API has all objects of a kind: of a namespace, or of all. */
export function listPath({ root, name, namespaced }: Resource, namespace: string | undefined): string {
  return namespaced && namespace !== undefined ? `${root}/namespaces/${namespace}/${name}` : `${root}/${name}`;
}

export function pathOf(resource: Resource, { metadata }: KubernetesObject, fallback: string): string {
  return `${listPath(resource, metadata.namespace ?? fallback)}/${encodeURIComponent(metadata.name)}`;
}
