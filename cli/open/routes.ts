import { isKind } from '../../constructs/manifest/kinds';
import type { KubernetesObject, Service } from '../cluster/object';
import type { Address } from '../services/addresses';

interface Ingress extends KubernetesObject {
  readonly spec?: {
    readonly tls?: readonly { readonly hosts?: readonly string[] }[];
    readonly rules?: readonly {
      readonly host?: string;
      readonly http?: {
        readonly paths: readonly {
          readonly path?: string;
          readonly backend: { readonly service?: { readonly name: string } };
        }[];
      };
    }[];
  };
}

/** The addresses that Ingress objects give to a Service; one of our constructs says so itself. */
export function routesOf(objects: readonly KubernetesObject[], service: Service): Omit<Address, 'service'>[] {
  const { name, namespace, annotations = {} } = service.metadata;
  if (annotations['cdk8s-services/urls'] !== undefined) {
    return [];
  }
  const ingresses = objects.filter((object) => isKind(object, 'Ingress') && object.metadata.namespace === namespace);
  return (ingresses as Ingress[]).flatMap(({ spec: { tls = [], rules = [] } = {} }) =>
    rules.flatMap(({ host, http }) => {
      if (host === undefined || host.startsWith('*')) {
        return [];
      }
      const scheme = tls.some(({ hosts = [] }) => hosts.includes(host)) ? 'https' : 'http';
      const own = (http?.paths ?? []).filter(({ backend }) => backend.service?.name === name);
      return own.map(({ path = '/' }) => ({ url: `${scheme}://${host}${path}` }));
    }),
  );
}
