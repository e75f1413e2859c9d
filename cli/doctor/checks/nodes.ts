import { isKind } from '../../../constructs/manifest/kinds';
import { quantityOf } from '../../../constructs/manifest/quantity';
import { type LiveObject, type PodSpec, podsOf } from '../../app/objects';
import { called } from '../../cluster/object';
import { lasting, size } from '../../terminal/words';
import { type Check, type Finding, failed, some, warning } from '../check';
import type { Facts } from '../facts';
import { NotChecked } from '../not-checked';

const PRESSURES = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable'];
/** The share of its disk that a kubelet wants free, before it removes images and then pods. */
const [FEW, TOO_FEW] = [0.15, 0.05];

export const nodes: Check = {
  name: 'nodes',
  async run(facts) {
    const found = await facts.list('nodes');
    const findings = found.flatMap((node) => stateOf(node, facts));
    return { text: `${found.length} ready, none under pressure`, findings };
  },
};

function stateOf(node: LiveObject, facts: Facts): Finding[] {
  const { name } = node.metadata;
  const mend = facts.typed('describe', 'node', name);
  const conditions = node.status?.conditions ?? [];
  const ready = conditions.find(({ type }) => type === 'Ready');
  return [
    ...(ready?.status === 'True'
      ? []
      : [failed(`node ${name} is not ready`, ready?.message ?? 'it does not say why', mend)]),
    ...conditions
      .filter(({ type, status }) => PRESSURES.includes(type) && status === 'True')
      .map(({ type, message }) =>
        failed(`node ${name} has ${type}`, `${message ?? type}; no pod starts there, and some are evicted`, mend),
      ),
    ...(node.spec?.unschedulable
      ? [warning(`node ${name} takes no pods`, 'it is cordoned', facts.typed('uncordon', name))]
      : []),
  ];
}

interface Stats {
  readonly node?: { readonly fs?: Disk; readonly runtime?: { readonly imageFs?: Disk } };
}

interface Disk {
  readonly availableBytes?: number;
  readonly capacityBytes?: number;
}

export const nodeDisk: Check = {
  name: 'node disk',
  async run(facts) {
    const found = await facts.list('nodes');
    const disks = await Promise.all(
      found.map(async ({ metadata: { name } }) => {
        const { node } = await facts.raw<Stats>(`/api/v1/nodes/${name}/proxy/stats/summary`);
        return [node?.fs, node?.runtime?.imageFs].flatMap((disk) => (disk?.capacityBytes ? [{ name, ...disk }] : []));
      }),
    );
    const all = disks.flat();
    if (all.length === 0) {
      throw new NotChecked('the nodes do not say how full their disks are');
    }
    const fullest = all.reduce((a, b) => (shareOf(a) < shareOf(b) ? a : b));
    const share = shareOf(fullest);
    const text = `${size(fullest.availableBytes ?? 0)} (${Math.round(share * 100)} %) are free`;
    const why = 'a kubelet removes images, then pods, and databases stop at a full disk';
    const mend = `minikube -p ${facts.session.profile} ssh -- docker system prune`;
    const finding = (share < TOO_FEW ? failed : warning)(`on node ${fullest.name} ${text}`, why, mend);
    return { text, findings: share < FEW ? [finding] : [] };
  },
};

function shareOf({ availableBytes = 0, capacityBytes = 1 }: Disk): number {
  return availableBytes / capacityBytes;
}

/** Whether the program fits beside what else runs. */
export const room: Check = {
  name: 'room',
  async run(facts) {
    const [program, found, pods] = [await facts.program(), await facts.list('nodes'), await facts.list('pods')];
    const others = pods.filter(
      ({ metadata, status }) =>
        !program.namespaces.includes(metadata.namespace ?? '') &&
        !['Succeeded', 'Failed'].includes(status?.phase ?? ''),
    );
    const asked = podsOf(program).map((pod) => ({
      ...pod,
      needs: (what: string) => pod.replicas * needsOf(pod.spec, what),
    }));
    const totalOf = (what: string) => sum(found.map(({ status }) => amount(status?.allocatable?.[what])));
    const wantedOf = (what: string) => sum(asked.map(({ needs }) => needs(what)));
    const enough = (what: string, unit: number) => Math.ceil(Math.max(totalOf(what), wantedOf(what)) / unit + 1);
    const findings = ['cpu', 'memory'].flatMap((what) => {
      const free = totalOf(what) - sum(others.map((pod) => needsOf(pod.spec as unknown as PodSpec, what)));
      const wanted = wantedOf(what);
      if (wanted <= free) {
        return [];
      }
      const most = asked
        .filter(({ needs }) => needs(what) > 0)
        .sort((a, b) => b.needs(what) - a.needs(what))
        .slice(0, 3);
      const why = `most by ${most.map((pod) => `${called(pod.owner)} (${shown(what, pod.needs(what))})`).join(', ')}; what finds no room stays Pending`;
      const mend =
        `ask for less, leave out a service (--without), or make a larger node: ` +
        `minikube start -p larger --cpus=${enough('cpu', 1)} --memory=${enough('memory', 2 ** 30)}g`;
      return [
        failed(`the program requests ${shown(what, wanted)} of ${what}, and ${shown(what, free)} are free`, why, mend),
      ];
    });
    const wants = ['cpu', 'memory'].map((what) => `${shown(what, wantedOf(what))} of ${what}`);
    return { text: `the program requests ${wants.join(' and ')}, which is there`, findings };
  },
};

function shown(what: string, number: number): string {
  return what === 'cpu' ? `${Math.round(number * 1000)}m` : `${Math.round(number / 2 ** 20)}Mi`;
}

/** What a pod requests: its containers together, or the largest of the init containers that come before them. */
export function needsOf({ containers, initContainers = [] }: PodSpec, what: string): number {
  const request = ({ resources }: PodSpec['containers'][number]) => amount(resources?.requests?.[what]);
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
  const before = initContainers.filter(({ restartPolicy }) => restartPolicy !== 'Always');
  return Math.max(sum([...containers, ...sidecars].map(request)), ...before.map(request), 0);
}

function amount(quantity: string | number | undefined): number {
  return quantity === undefined ? 0 : (quantityOf(quantity) ?? 0);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** A kubelet whose token webhook is off answers no ServiceAccount, such as that of Telegraf or metrics-server. */
export const kubelet: Check = {
  name: 'kubelet',
  async run(facts) {
    const { objects } = await facts.program();
    const asks = objects.some(
      (object) =>
        isKind(object, 'ClusterRole') &&
        (object.rules as { resources?: string[] }[] | undefined)?.some(({ resources }) =>
          resources?.some((one) => /^nodes\//.test(one)),
        ),
    );
    if (!asks) {
      return { text: 'nothing in the program reads the figures of nodes' };
    }
    interface Config {
      readonly kubeletconfig?: { readonly authentication?: { readonly webhook?: { readonly enabled?: boolean } } };
    }
    const [first] = await facts.list('nodes');
    const { kubeletconfig } = await facts.raw<Config>(`/api/v1/nodes/${first?.metadata.name}/proxy/configz`);
    const off = kubeletconfig?.authentication?.webhook?.enabled === false;
    const { profile } = facts.session;
    return {
      text: 'it answers to tokens of ServiceAccounts',
      findings: off
        ? [
            failed(
              'the kubelet knows no tokens of ServiceAccounts',
              'the program reads the figures of nodes, and gets 401',
              `minikube -p ${profile} start --extra-config=kubelet.authentication-token-webhook=true`,
            ),
          ]
        : [],
    };
  },
};

/** What has been ending for so long that it does not end by itself, in milliseconds. */
const STUCK = 2 * 60 * 1000;

/** A finalizer whose controller is gone, or an API that does not answer, holds it for ever. */
export const stuck: Check = {
  name: 'ending',
  async run(facts) {
    const { namespaces } = await facts.program().catch(() => ({ namespaces: [] as readonly string[] }));
    const [all, pods, claims] = await Promise.all([
      facts.list('namespaces'),
      facts.list('pods'),
      facts.list('persistentvolumeclaims'),
    ]);
    const findings = [
      ...all.filter(isStuck).map((namespace) => {
        const { name } = namespace.metadata;
        const held = (namespace.status?.conditions ?? []).filter(({ status }) => status === 'True');
        const says = held.map(({ message }) => message ?? '').filter((text) => text !== '');
        const severity = namespaces.includes(name) ? failed : warning;
        const kinds = [...says.join(' ').matchAll(/([a-z0-9]+)\.([a-z0-9.-]*) has \d+ resource/g)].map(
          ([, kind, group]) => (group === '' ? kind : `${kind}.${group}`),
        );
        const of = ['-n', name];
        const list = facts.typed(...of, 'get', kinds.length > 0 ? [...new Set(kinds)].join(',') : 'all', '-o', 'name');
        const free = facts.typed('patch', '{}', ...of, '--type=merge', '-p', `'{"metadata":{"finalizers":null}}'`);
        return severity(
          `namespace ${name} has been ending for ${since(namespace)}`,
          says.join('; ') || 'it does not say what holds it',
          `if what should clean up is gone: ${list} | xargs -I{} ${free}`,
        );
      }),
      ...[...pods, ...claims].filter(isStuck).map((object) => {
        const { name, namespace = 'default', finalizers = [] } = object.metadata;
        const isPod = isKind(object, 'Pod');
        const severity = namespaces.includes(namespace) ? failed : warning;
        return severity(
          `${called(object)} in ${namespace} has been ending for ${since(object)}`,
          finalizers.length > 0 ? `held by ${some(finalizers)}` : 'its node does not say that it has ended',
          isPod
            ? facts.typed('-n', namespace, 'delete', 'pod', name, '--force', '--grace-period=0')
            : `delete the pods that use it: ${facts.typed('-n', namespace, 'describe', 'persistentvolumeclaim', name)}`,
        );
      }),
    ];
    return { text: 'nothing hangs while it is deleted', findings };
  },
};

function isStuck({ metadata }: LiveObject): boolean {
  return metadata.deletionTimestamp !== undefined && Date.now() - Date.parse(metadata.deletionTimestamp) > STUCK;
}

function since({ metadata }: LiveObject): string {
  return lasting(Date.now() - Date.parse(metadata.deletionTimestamp ?? ''));
}
