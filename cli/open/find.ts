import { isKind } from '../../constructs/manifest/kinds';
import { selects } from '../../constructs/manifest/objects';
import { instanceOf, type KubernetesObject, type List, type Pod, type Service } from '../cluster/object';
import { kubectl, kubectlJson, type Session } from '../machine/session';
import { type Address, addressesOf } from '../services/addresses';
import { isPodOf, type Place } from '../services/services';
import { routesOf } from './routes';

/** In place of an address that nobody has: https://www.rfc-editor.org/rfc/rfc6761#section-6.4 */
const NOWHERE = 'node.invalid';

/** What the cluster says of where services are. */
export interface Found {
  readonly services: readonly Service[];
  readonly addresses: readonly Address[];
  readonly node: string;
}

/** Reads what there is of some services. */
export async function find(session: Session, places: readonly Place[]): Promise<Found> {
  const namespaces = [...new Set(places.map(({ namespace }) => namespace))];
  const [lists, node] = await Promise.all([
    Promise.all(
      namespaces.map((namespace) =>
        kubectlJson<List<KubernetesObject>>(
          session,
          '-n',
          namespace,
          'get',
          'services,pods,ingresses.networking.k8s.io',
        ),
      ),
    ),
    nodeAddress(session),
  ]);
  const objects = lists.flatMap(({ items }) => items);
  const pods = objects.filter((object) => isKind(object, 'Pod')) as Pod[];
  const all = objects.filter((object) => isKind(object, 'Service')) as Service[];
  const owned = places.flatMap((place) =>
    all.filter((service) => belongs(service, place, pods)).map((service) => ({ service, name: place.service })),
  );
  // the one of the service's own name comes before that of its figures
  const services = owned.sort((a, b) => rank(a) - rank(b)).map(({ service }) => service);
  const addresses = owned.flatMap(({ service, name }) =>
    [...addressesOf([service], node ?? NOWHERE), ...routesOf(objects, service)]
      .filter(({ url }) => !url?.includes(NOWHERE))
      .map((address) => ({ ...address, service: name })),
  );
  return { services, node: node ?? NOWHERE, addresses };
}

/** A Service is a service's by its label; without one, by its name, or by the pods that it leads to. */
function belongs(service: Service, place: Place, pods: readonly Pod[]): boolean {
  const { name, namespace } = service.metadata;
  const instance = instanceOf(service);
  if (namespace !== place.namespace || instance !== undefined || name === place.service) {
    return namespace === place.namespace && (instance ?? name) === place.service;
  }
  const { selector: matchLabels = {} } = service.spec ?? {};
  return pods
    .filter((pod) => isPodOf(pod, [place]))
    .some(({ metadata }) => Object.keys(matchLabels).length > 0 && selects({ matchLabels }, metadata.labels ?? {}));
}

function rank({ service, name }: { readonly service: Service; readonly name: string }): number {
  return service.metadata.name === name ? 0 : 1;
}

/** The node's address; undefined for who may not ask for it. */
async function nodeAddress(session: Session): Promise<string | undefined> {
  interface Node extends KubernetesObject {
    readonly status: { readonly addresses: readonly { readonly type: string; readonly address: string }[] };
  }
  const { ok, stdout } = await session.shell.run(...kubectl(session, 'get', 'nodes', '-o', 'json'));
  const { items }: List<Node> = ok ? JSON.parse(stdout) : { items: [] };
  const addresses = items.flatMap(({ status }) => status.addresses);
  const found = ['ExternalIP', 'InternalIP'].map((type) => addresses.find((one) => one.type === type)?.address);
  return found.find((address) => address !== undefined);
}
