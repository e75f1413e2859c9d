import { isKind } from '../../constructs/manifest/kinds';
import { type AppSet, PART_OF_SET } from '../app/app-set';
import type { Program } from '../app/render';
import { namespacesOf } from '../app/selection';
import { isApplied } from '../cluster/apply';
import { isData } from '../cluster/kinds';
import { called, instanceOf, type KubernetesObject, keyOf, type List } from '../cluster/object';
import { kubectl, kubectlJson, type Session } from '../machine/session';
import { table } from '../terminal/table';
import { inUse } from './in-use';

/** The label that names the chart an object belongs to. */
const PART_OF = 'app.kubernetes.io/part-of';

/** What an app is made of, but for claims and namespaces: data is never left over. */
const KINDS = [
  'cronjobs.batch',
  'deployments.apps',
  'statefulsets.apps',
  'horizontalpodautoscalers.autoscaling',
  'poddisruptionbudgets.policy',
  'ingresses.networking.k8s.io',
  'services',
  'networkpolicies.networking.k8s.io',
  'configmaps',
  'secrets',
  'rolebindings.rbac.authorization.k8s.io',
  'roles.rbac.authorization.k8s.io',
  'serviceaccounts',
  'resourcequotas',
  'limitranges',
];

/** The same, of what not every cluster has. */
const ADDED_KINDS = ['httproutes.gateway.networking.k8s.io', 'certificates.cert-manager.io'];

/** What the program does not have any more. */
export interface LeftOver {
  readonly objects: readonly KubernetesObject[];
  /** Is deleted only by those who ask for the deletion of data. */
  readonly data: readonly KubernetesObject[];
}

/** Members of a set that the program does not have. Data that it uses all the same is not left over. */
export function leftOverOf(
  { fallback }: AppSet,
  members: readonly KubernetesObject[],
  { all, without, spared = [] }: Omit<Program, 'objects'>,
): LeftOver {
  const written = new Set(all.map((object) => keyOf(object, fallback)));
  const ofCluster = new Set(all.map(nameOf));
  const isWritten = (member: KubernetesObject) =>
    member.metadata.namespace === undefined ? ofCluster.has(nameOf(member)) : written.has(keyOf(member, fallback));
  const gone = members.filter(
    (member) => !isWritten(member) && !without.includes(instanceOf(member) ?? '') && !isKind(member, ...spared),
  );
  const data = gone.filter(isData);
  const used = inUse(data, all);
  return { objects: gone.filter((object) => !isData(object)), data: data.filter((object) => !used.includes(object)) };
}

/**
 * What earlier versions, which kept no inventory, once applied for a chart that the app still has: it counts as members,
 * or what the app has lost since would stay for ever.
 */
export async function findUnlisted(
  session: Session,
  objects: readonly KubernetesObject[],
): Promise<KubernetesObject[]> {
  const charts = [...new Set(objects.flatMap(({ metadata }) => metadata.labels?.[PART_OF] ?? []))];
  if (charts.length === 0) {
    return [];
  }
  const selector = ['-l', `${PART_OF} in (${charts.join(',')})`];
  const kinds = (await kindsOf(session)).join(',');
  const lists = await Promise.all(
    namespacesOf(objects).map((namespace) =>
      kubectlJson<List<KubernetesObject>>(
        session,
        ...['-n', namespace, 'get', kinds, ...selector, '--show-managed-fields'],
      ),
    ),
  );
  return lists
    .flatMap(({ items }) => items)
    .filter((object) => isApplied(object) && object.metadata.labels?.[PART_OF_SET] === undefined);
}

/** A group whose server does not answer is none of these: the rest is listed all the same. */
async function kindsOf(session: Session): Promise<string[]> {
  const { lines } = await session.shell.run(...kubectl(session, 'api-resources', '--namespaced', '-o', 'name'));
  return [...KINDS, ...ADDED_KINDS.filter((kind) => lines.includes(kind))];
}

/** A line for each service that something is left of. */
export function leftOverTable(title: string, objects: readonly KubernetesObject[]): string {
  const rows = [...new Set(objects.map(serviceOf))].map((service) => {
    const names = objects.filter((object) => serviceOf(object) === service).map(called);
    return [service, names.join(', ')];
  });
  return table([[title, 'objects'], ...rows]);
}

/** What is in no namespace is the same one whichever the program writes: the API ignores it. */
function nameOf({ metadata: { namespace: _, ...metadata }, ...object }: KubernetesObject): string {
  return keyOf({ ...object, metadata }, '');
}

function serviceOf(object: KubernetesObject): string {
  return instanceOf(object) ?? '';
}
