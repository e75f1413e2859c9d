import { ApiError } from './api-error';
import type { KubernetesObject } from './object';

/** A kind, as one version of the API serves it. */
export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  /** In the plural, as paths have it. */
  readonly name: string;
  readonly namespaced: boolean;
}

interface Served {
  readonly resources: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[];
}

interface Groups {
  readonly groups: readonly {
    readonly name: string;
    readonly preferredVersion: { readonly groupVersion: string };
  }[];
}

/** The kinds that the cluster knows. Each version of the API is asked for its kinds once, and again for one that it lacked. */
export class Resources {
  private readonly versions = new Map<string, Promise<readonly Resource[]>>();

  /** Undefined where the API does not know the kind. */
  async find(get: Get, { apiVersion, kind }: Pick<KubernetesObject, 'apiVersion' | 'kind'>) {
    const isMeant = (resource: Resource) => resource.kind === kind;
    const known = this.versions.get(apiVersion);
    const found = (await known?.catch(() => undefined))?.find(isMeant);
    if (found) {
      return found;
    }
    // all that ask meanwhile get the same answer
    if (known === this.versions.get(apiVersion)) {
      this.versions.set(apiVersion, kindsOf(get, apiVersion));
    }
    return (await this.versions.get(apiVersion))?.find(isMeant);
  }

  /** Kinds that are named as in the inventory: `Deployment.apps`, `ConfigMap`. Those that the API does not know are left out. */
  async findGroupKinds(get: Get, names: readonly string[]): Promise<Resource[]> {
    const split = names.map((name) => {
      const [kind = '', ...group] = name.split('.');
      return { kind, group: group.join('.') };
    });
    const { groups }: Groups = split.some(({ group }) => group !== '') ? await get('/apis') : { groups: [] };
    const found = await Promise.all(
      split.map(({ kind, group }) => {
        const version = groups.find(({ name }) => name === group)?.preferredVersion.groupVersion;
        const apiVersion = group === '' ? 'v1' : version;
        return apiVersion === undefined ? undefined : this.find(get, { apiVersion, kind });
      }),
    );
    return found.filter((resource) => resource !== undefined);
  }
}

type Get = <T>(path: string) => Promise<T>;

async function kindsOf(get: Get, apiVersion: string): Promise<readonly Resource[]> {
  try {
    const { resources } = await get<Served>(rootOf(apiVersion));
    return resources
      .filter(({ name }) => !name.includes('/'))
      .map(({ name, kind, namespaced }) => ({ apiVersion, kind, name, namespaced }));
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) {
      return [];
    }
    throw error;
  }
}

/** The path of a version of the API. */
export function rootOf(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** An object with the namespace in which it will be, if its kind is in one. */
export function placed(object: KubernetesObject, { namespaced }: Resource, fallback?: string): KubernetesObject {
  const { namespace: written = fallback, ...metadata } = object.metadata;
  const isPlaced = namespaced && written !== undefined;
  return { ...object, metadata: isPlaced ? { ...metadata, namespace: written } : metadata };
}
