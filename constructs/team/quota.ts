import { Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { mebibytes } from '../manifest/mebibytes';
import { coresQuantity, mebibytesQuantity } from '../manifest/quantity';
import { problem } from '../private/problems';
import type { Ask } from './demand';

/** What all that is in a namespace may ask for together. Roll-outs need room, too: a new pod beside each old one. */
export interface Quota {
  /** Processor time that is asked for, in cores. */
  readonly cpu: number;

  /** Memory that is asked for. */
  readonly memory: Size;

  /** Pods that have not ended. */
  readonly pods: number;

  /**
   * Processor time that may be used, in cores: the sum of all limits.
   * @default - not limited
   */
  readonly cpuLimit?: number;

  /**
   * Memory that may be used: the sum of all limits.
   * @default - not limited
   */
  readonly memoryLimit?: Size;

  /**
   * Room on the nodes' disks that is asked for, for logs and temporary files.
   * @default - not limited
   */
  readonly ephemeralStorage?: Size;

  /**
   * Room in volumes.
   * @default - no volumes
   */
  readonly storage?: Size;

  /**
   * Claims of volumes.
   * @default - as many as pods
   */
  readonly volumes?: number;

  /**
   * Services with a load balancer.
   * @default 0
   */
  readonly loadBalancers?: number;

  /**
   * Ports of the nodes. A load balancer has one behind each of its ports.
   * @default 0
   */
  readonly nodePorts?: number;
}

type Unit = 'cores' | 'size' | 'count';
type Value = number | Size | undefined;

/** A prop of a quota, and its name in a ResourceQuota. */
interface Field {
  readonly prop: keyof Quota;
  readonly resource: string;
  readonly unit: Unit;
  /** How to ask for less. */
  readonly remedy: string;
  readonly required?: boolean;
  /** The default. A field that has one may be 0, too. */
  readonly otherwise?: (quota: Quota) => Value;
}

/** How much of it there is: in cores, bytes or pieces. */
export interface Share extends Field {
  readonly amount: number;
}

const FEWER_PODS = "lower 'resources' or 'replicas' (roll-outs have pods of their own)";
const FEWER_VOLUMES = "ask for less with 'storage'";
const NOT_OUTSIDE = 'use Exposure.ingress or clusterIp';

const FIELDS: Field[] = [
  { prop: 'cpu', resource: 'requests.cpu', unit: 'cores', remedy: FEWER_PODS, required: true },
  { prop: 'memory', resource: 'requests.memory', unit: 'size', remedy: FEWER_PODS, required: true },
  {
    prop: 'pods',
    resource: 'pods',
    unit: 'count',
    remedy: "lower 'replicas' (roll-outs have pods of their own)",
    required: true,
  },
  { prop: 'cpuLimit', resource: 'limits.cpu', unit: 'cores', remedy: FEWER_PODS },
  { prop: 'memoryLimit', resource: 'limits.memory', unit: 'size', remedy: FEWER_PODS },
  { prop: 'ephemeralStorage', resource: 'requests.ephemeral-storage', unit: 'size', remedy: FEWER_PODS },
  { prop: 'storage', resource: 'requests.storage', unit: 'size', remedy: FEWER_VOLUMES, otherwise: () => 0 },
  {
    prop: 'volumes',
    resource: 'persistentvolumeclaims',
    unit: 'count',
    remedy: FEWER_VOLUMES,
    otherwise: ({ pods }) => pods,
  },
  {
    prop: 'loadBalancers',
    resource: 'services.loadbalancers',
    unit: 'count',
    remedy: NOT_OUTSIDE,
    otherwise: () => 0,
  },
  { prop: 'nodePorts', resource: 'services.nodeports', unit: 'count', remedy: NOT_OUTSIDE, otherwise: () => 0 },
];

const MEBIBYTE = 2 ** 20;
const LEAST: { readonly [unit in Unit]: number } = { cores: 0.001, size: MEBIBYTE, count: 1 };

/** The shares of a quota. Those that are wrong are reported, and left out. */
export function sharesOf(scope: Construct, quota?: Quota): Share[] {
  if (!quota) {
    problem(scope, "'quota' is missing; use quota: { cpu: …, memory: …, pods: … }");
    return [];
  }
  const shares: Share[] = [];
  for (const field of FIELDS) {
    const { prop, otherwise } = field;
    const said = quota[prop];
    const share = { ...field, amount: amountOf(said ?? otherwise?.(quota)) };
    const mistake = said === undefined ? undefined : mistakeOf(share, shares);
    if (said === undefined && field.required) {
      problem(scope, `'quota.${prop}' is missing; say how much the team may have`);
    } else if (mistake) {
      problem(scope, mistake);
    } else if (Number.isFinite(share.amount)) {
      shares.push(share);
    }
  }
  return shares;
}

function mistakeOf(share: Share, before: Share[]): string | undefined {
  const { prop, unit, amount, otherwise } = share;
  const said = `'quota.${prop}' is ${shown(share)}`;
  const least = otherwise ? 0 : LEAST[unit];
  if (!(Number.isFinite(amount) && amount >= least && (unit !== 'count' || Number.isInteger(amount)))) {
    return `${said}; use ${unit === 'count' ? 'a whole number, ' : ''}${shown({ unit, amount: least })} or more`;
  }
  const asked = before.find((other) => `${other.prop}Limit` === prop);
  return asked && amount < asked.amount
    ? `${said}, but a limit is never less than what is asked for, which is ${shown(asked)} here; use that or more`
    : undefined;
}

/** The shares in the form of a ResourceQuota. */
export function hard(shares: Share[]): { [resource: string]: k8s.Quantity } {
  return Object.fromEntries(shares.map((share) => [share.resource, quantity(share)]));
}

/** The shares that are less than what is asked for, with those who ask for most. */
export function exceeded(shares: Share[], asks: Ask[], namespace: string): string[] {
  return shares.flatMap((share) => {
    const { prop, resource, unit, remedy } = share;
    const askers = asks
      .map(({ path, count, each }) => ({ path, count, each: each[resource] ?? 0, all: count * (each[resource] ?? 0) }))
      .filter(({ all }) => all > 0)
      .sort((one, other) => other.all - one.all);
    const sum = { unit, amount: askers.reduce((sum, { all }) => sum + all, 0) };
    if (thousandths(sum.amount) <= thousandths(share.amount)) {
      return [];
    }
    const biggest = askers
      .slice(0, 3)
      .map(({ path, count, each }) => `${path} ${count > 1 ? `${count} x ` : ''}${shown({ unit, amount: each })}`);
    const others = askers.length > 3 ? ` and ${askers.length - 3} more` : '';
    return (
      `'quota.${prop}' is ${shown(share)}, but in namespace '${namespace}' the app asks for ${shown(sum)}: ` +
      `${biggest.join(', ')}${others}; raise it to that, or ${remedy}`
    );
  });
}

function amountOf(value: Value): number {
  return value instanceof Size ? mebibytes(value) * MEBIBYTE : Number(value);
}

/** The smallest part of a core that Kubernetes knows. Binary fractions hold it with an error, which is cut off first. */
function thousandths(amount: number): number {
  return Math.ceil(Number((amount * 1000).toFixed(3)));
}

function quantity({ unit, amount }: Share): k8s.Quantity {
  switch (unit) {
    case 'cores':
      return coresQuantity(thousandths(amount) / 1000);
    case 'size':
      return mebibytesQuantity(amount / MEBIBYTE);
    default:
      return k8s.Quantity.fromString(`${amount}`);
  }
}

function shown({ unit, amount }: Pick<Share, 'unit' | 'amount'>): string {
  if (unit === 'size' && amount > 0) {
    const mebibytes = Math.ceil(amount / MEBIBYTE);
    return mebibytes % 1024 === 0 ? `${mebibytes / 1024} GiB` : `${mebibytes} MiB`;
  }
  return `${unit === 'cores' && amount > 0 ? thousandths(amount) / 1000 : amount}`;
}
