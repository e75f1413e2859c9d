import { kindOf } from '../../constructs/manifest/kinds';
import type { KubernetesObject } from '../cluster/object';

interface Described extends KubernetesObject {
  readonly type?: string;
  readonly data?: object;
  readonly binaryData?: object;
  readonly stringData?: object;
  readonly spec?: {
    readonly replicas?: number;
    readonly schedule?: string;
    readonly type?: string;
    readonly ports?: readonly { readonly port?: number }[];
    readonly resources?: { readonly requests?: { readonly storage?: string } };
    readonly rules?: readonly { readonly host?: string }[];
    readonly template?: Template;
    readonly jobTemplate?: { readonly spec: { readonly template: Template } };
  };
}

interface Template {
  readonly spec?: { readonly containers?: readonly { readonly image?: string }[] };
}

/** What an object is, in the few words that tell one of its kind from another. */
export function aboutOf(object: KubernetesObject): string | undefined {
  const { type, data, binaryData, stringData, spec = {} } = object as Described;
  switch (kindOf(object)) {
    case 'ConfigMap':
      return Object.keys({ ...data, ...binaryData }).join(', ');
    case 'Secret':
      return [Object.keys({ ...data, ...stringData }).join(', '), ...(type && type !== 'Opaque' ? [type] : [])].join(
        ', ',
      );
    case 'PersistentVolumeClaim':
      return spec.resources?.requests?.storage;
    case 'Service':
      return [spec.type ?? 'ClusterIP', (spec.ports ?? []).map(({ port }) => port).join(', ')].join(' ');
    case 'Ingress':
      return (spec.rules ?? []).flatMap(({ host }) => host ?? []).join(', ');
    case 'CronJob':
      return [`"${spec.schedule}"`, ...imagesOf(spec.jobTemplate?.spec.template)].join(', ');
    default:
      return spec.template ? [...replicasOf(spec), ...imagesOf(spec.template)].join(', ') : undefined;
  }
}

function replicasOf({ replicas = 1 }: { readonly replicas?: number }): string[] {
  return replicas === 1 ? [] : [`${replicas} pods`];
}

function imagesOf(template: Template | undefined): string[] {
  return [...new Set((template?.spec?.containers ?? []).flatMap(({ image }) => image ?? []))];
}
