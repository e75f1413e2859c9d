import { instanceOf, type KubernetesObject, type List } from '../kubernetes';
import { kubectl, kubectlJson, type Session } from '../session';
import { isApplied } from './apply';
import { namespacesOf } from './selection';
import { table } from './summary';

/** The label that names the chart an object belongs to. */
const PART_OF = 'app.kubernetes.io/part-of';

/** What an app is made of, but for claims and namespaces: data is never left over. */
const KINDS = [
  'cronjobs',
  'deployments',
  'statefulsets',
  'horizontalpodautoscalers',
  'poddisruptionbudgets',
  'ingresses',
  'services',
  'networkpolicies',
  'configmaps',
  'secrets',
  'rolebindings',
  'roles',
  'serviceaccounts',
  'resourcequotas',
  'limitranges',
];

/** The same, of what not every cluster has. */
const ADDED_KINDS = ['httproutes.gateway.networking.k8s.io', 'certificates.cert-manager.io'];

/** What `up` once applied for a chart that the app still has, and that the app does not write any more. */
export async function findLeftOver(
  session: Session,
  objects: readonly KubernetesObject[],
): Promise<KubernetesObject[]> {
  const charts = [...new Set(objects.flatMap(({ metadata }) => metadata.labels?.[PART_OF] ?? []))];
  if (charts.length === 0) {
    return [];
  }
  const selector = ['-l', `${PART_OF} in (${charts.join(',')})`];
  const written = new Set(objects.map(idOf));
  const kinds = (await kindsOf(session)).join(',');
  const lists = await Promise.all(
    namespacesOf(objects).map((namespace) =>
      kubectlJson<List<KubernetesObject>>(
        session,
        ...['-n', namespace, 'get', kinds, ...selector, '--show-managed-fields'],
      ),
    ),
  );
  return lists.flatMap(({ items }) => items).filter((object) => isApplied(object) && !written.has(idOf(object)));
}

/** A group whose server does not answer is none of these: the rest is listed all the same. */
async function kindsOf(session: Session): Promise<string[]> {
  const { lines } = await session.shell.run(...kubectl(session, 'api-resources', '--namespaced', '-o', 'name'));
  return [...KINDS, ...ADDED_KINDS.filter((kind) => lines.includes(kind))];
}

/** A line for each service that something is left of. */
export function leftOverTable(objects: readonly KubernetesObject[]): string {
  const rows = [...new Set(objects.map(serviceOf))].map((service) => {
    const names = objects
      .filter((object) => serviceOf(object) === service)
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    return [service, names.join(', ')];
  });
  return table([['left over of', 'objects'], ...rows]);
}

function serviceOf(object: KubernetesObject): string {
  return instanceOf(object) ?? '';
}

function idOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.namespace} ${metadata.name}`;
}
