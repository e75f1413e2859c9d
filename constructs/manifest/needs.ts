import type { KubernetesObject } from './objects';
import { type Container, type Pod, startedContainers } from './pods';
import { quantityOf } from './quantity';

const OF_CONTAINERS = ['cpu', 'memory', 'ephemeral-storage'];

/** What containers get that do not say what they need: `requests` and `limits`. */
export type Defaults = NonNullable<Container['resources']>;

/** Amounts by the names that a ResourceQuota has for them: processor in cores, sizes in bytes. */
export interface Needs {
  readonly [resource: string]: number;
}

type Side = 'requests' | 'limits';

type Asking = Pick<Container, 'resources'>;

interface AskingPod {
  readonly containers?: readonly Asking[];
  readonly initContainers?: readonly Asking[];
}

/** What one pod requests of its node. */
export function requestOf(spec: AskingPod, resource: 'cpu' | 'memory'): number {
  return together(spec, (container) => amountOf(container, 'requests', resource, {}));
}

/** What one pod needs, with the claims that it brings. */
export function needsOfPod(pod: Pod, defaults: Defaults): Needs {
  const sums = (['requests', 'limits'] as const).flatMap((side) =>
    OF_CONTAINERS.map((resource) => {
      const need = (container: Asking) => amountOf(container, side, resource, defaults);
      return [`${side}.${resource}`, together(pod.spec, need)];
    }),
  );
  return { pods: 1, ...Object.fromEntries(sums), ...needsOfClaims(claimsOf(pod)) };
}

/** Containers without a limit, which the default one would refuse: they ask for more. */
export function unfittingIn(pod: Pod, defaults: Defaults): { called: string; resource: string; asked: string }[] {
  return startedContainers(pod).flatMap(({ container: { resources = {} }, called }) =>
    OF_CONTAINERS.flatMap((resource) => {
      const asked = resources.requests?.[resource];
      const own = resources.limits?.[resource] !== undefined;
      return own || number(asked) <= number(defaults.limits?.[resource]) ? [] : { called, resource, asked: `${asked}` };
    }),
  );
}

/** What PersistentVolumeClaims need, by their `spec`. */
export function needsOfClaims(claims: unknown[]): Needs {
  const sizes = claims.map((claim) => {
    const { resources } = (claim ?? {}) as Pick<Container, 'resources'>;
    return number(resources?.requests?.storage);
  });
  return { persistentvolumeclaims: claims.length, 'requests.storage': sizes.reduce((sum, size) => sum + size, 0) };
}

/** A load balancer has a node port behind each of its ports, unless `allocateLoadBalancerNodePorts` is false. */
export function needsOfService({ spec }: KubernetesObject): Needs {
  const { type, ports = [], allocateLoadBalancerNodePorts = true } = (spec ?? {}) as ServiceSpec;
  if (type !== 'LoadBalancer' && type !== 'NodePort') {
    return {};
  }
  const balanced = type === 'LoadBalancer';
  const onNode = balanced && !allocateLoadBalancerNodePorts ? ports.filter(({ nodePort }) => nodePort) : ports;
  return { 'services.loadbalancers': balanced ? 1 : 0, 'services.nodeports': onNode.length };
}

interface ServiceSpec {
  readonly type?: string;
  readonly allocateLoadBalancerNodePorts?: boolean;
  readonly ports?: { readonly nodePort?: number }[];
}

/** As the API server and its LimitRanger fill in what is not said. */
function amountOf({ resources = {} }: Asking, side: Side, resource: string, defaults: Defaults): number {
  const limit = resources.limits?.[resource];
  const said = side === 'limits' ? limit : (resources.requests?.[resource] ?? limit);
  return number(said ?? defaults[side]?.[resource]);
}

/** Init containers run before the others, one after another; those that are always restarted stay beside them. */
function together(spec: AskingPod, need: (container: Asking) => number): number {
  let before = 0;
  let beside = 0;
  for (const container of spec.initContainers ?? []) {
    before = Math.max(before, beside + need(container));
    beside += (container as { restartPolicy?: string }).restartPolicy === 'Always' ? need(container) : 0;
  }
  return Math.max(
    before,
    (spec.containers ?? []).reduce((sum, container) => sum + need(container), beside),
  );
}

function claimsOf({ object, spec: { volumes = [] } }: Pod): unknown[] {
  const { volumeClaimTemplates = [] } = (object.spec ?? {}) as { volumeClaimTemplates?: { spec: unknown }[] };
  const ephemeral = volumes.flatMap(
    (volume) =>
      (volume.ephemeral as { volumeClaimTemplate?: { spec: unknown } } | undefined)?.volumeClaimTemplate ?? [],
  );
  return [...volumeClaimTemplates, ...ephemeral].map(({ spec }) => spec);
}

function number(quantity: string | number | undefined): number {
  return quantityOf(quantity ?? 0) ?? 0;
}
