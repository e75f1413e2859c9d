import { type LiveObject, namespaceIn, ofKind, type Program, ROUTES } from '../app/objects';
import { ranges } from './labels';
import type { Edge, Node } from './model';
import type { Exit } from './policies';
import { behind, type Runner } from './services';

const SHARING = ['metallb.io/allow-shared-ip', 'metallb.universe.tf/allow-shared-ip'];
/** What is opened for whoever asks the cluster itself, whose port depends on where it runs. */
const API_SERVER = '443,6443,8443';

interface Part {
  readonly nodes: Node[];
  readonly edges: Edge[];
}

/** From where services are reached: hosts, load balancers, ports of the node. */
export function entriesOf(program: Program, runners: readonly Runner[]): Part {
  return together([...balancers(program, runners), ...hosts(program, runners), ...routes(program, runners)]);
}

/** Where services reach out of the cluster. */
export function exitsOf(exits: readonly Exit[]): Part {
  return together(
    exits.map(({ from, ports, blocks }) => {
      const isApi = [...ports].sort((a, b) => a - b).join() === API_SERVER;
      const name = isApi ? 'Kubernetes API' : blocks.length > 0 ? blocks.join(', ') : 'any address';
      const node = outside(`to ${name}`, name, isApi ? 'of this cluster' : 'outside the cluster');
      return part(node, from.node.id, isApi ? '' : ranges(ports), 'out');
    }),
  );
}

function balancers(program: Program, runners: readonly Runner[]): Part[] {
  return ofKind(program.objects, 'Service').flatMap((service) => {
    const { type, ports = [] } = (service.spec ?? {}) as {
      type?: string;
      ports?: { port: number; nodePort?: number }[];
    };
    const numbers = ports.flatMap(({ nodePort }) => nodePort ?? []);
    const key = SHARING.map((name) => service.metadata.annotations?.[name]).find((found) => found !== undefined);
    if (type === 'LoadBalancer') {
      const own = ranges(ports.map(({ port }) => port));
      const node = key
        ? outside(`balancer ${key}`, 'load balancer', `shared address '${key}'`)
        : outside(
            `balancer ${namespaceIn(program, service)}/${service.metadata.name}`,
            'load balancer',
            service.metadata.name,
          );
      const other = ranges(numbers);
      const label = other && other !== own ? `${own}\nnode ${other}` : own;
      return behind(service, runners, program).map((to) => part(node, to.node.id, label));
    }
    if (type === 'NodePort') {
      const node = outside('node', 'ports of the node', numbers.length > 0 ? 'fixed' : 'given by the cluster');
      return behind(service, runners, program).map((to) => part(node, to.node.id, ranges(numbers)));
    }
    return [];
  });
}

interface IngressRule {
  readonly host?: string;
  readonly http?: { readonly paths?: readonly { readonly path?: string; readonly backend?: IngressBackend }[] };
}

interface IngressBackend {
  readonly service?: { readonly name: string };
}

function hosts(program: Program, runners: readonly Runner[]): Part[] {
  return ofKind(program.objects, 'Ingress').flatMap((ingress) => {
    const {
      rules = [],
      defaultBackend,
      tls = [],
    } = (ingress.spec ?? {}) as {
      rules?: readonly IngressRule[];
      defaultBackend?: IngressBackend;
      tls?: readonly { readonly hosts?: readonly string[] }[];
    };
    const encrypted = (host: string) => tls.some(({ hosts = [] }) => hosts.length === 0 || hosts.includes(host));
    const all = [...rules, ...(defaultBackend ? [{ http: { paths: [{ backend: defaultBackend }] } }] : [])];
    return all.flatMap(({ host = 'any host', http }: IngressRule) =>
      (http?.paths ?? []).flatMap(({ path = '/', backend }) => {
        const node = outside(`host ${host}`, host, encrypted(host) ? 'Ingress, TLS' : 'Ingress');
        return reached(program, runners, ingress, backend?.service?.name).map((to) =>
          part(node, to.node.id, path === '/' ? '' : path),
        );
      }),
    );
  });
}

interface RouteRule {
  readonly backendRefs?: readonly { readonly name: string; readonly namespace?: string; readonly port?: number }[];
  readonly matches?: readonly { readonly path?: { readonly value?: string } }[];
}

function routes(program: Program, runners: readonly Runner[]): Part[] {
  const found = ofKind(program.objects, ...ROUTES);
  return found.flatMap((route) => {
    const { hostnames = ['any host'], rules = [] } = (route.spec ?? {}) as {
      hostnames?: string[];
      rules?: readonly RouteRule[];
    };
    return hostnames.flatMap((host) =>
      rules.flatMap(({ backendRefs = [], matches = [] }) =>
        backendRefs.flatMap(({ name, namespace }) => {
          const paths = matches.map(({ path }) => path?.value ?? '/').filter((path) => path !== '/');
          const node = outside(`host ${host}`, host, route.kind);
          return reached(program, runners, route, name, namespace).map((to) =>
            part(node, to.node.id, paths.join(', ')),
          );
        }),
      ),
    );
  });
}

function reached(
  program: Program,
  runners: readonly Runner[],
  by: LiveObject,
  name: string | undefined,
  namespace = namespaceIn(program, by),
): Runner[] {
  return ofKind(program.objects, 'Service')
    .filter((service) => service.metadata.name === name && namespaceIn(program, service) === namespace)
    .flatMap((service) => behind(service, runners, program));
}

function outside(id: string, name: string, about: string): Node {
  return { id: `outside/${id}`, type: 'outside', name, about };
}

function part(node: Node, service: string, label: string, way: 'in' | 'out' = 'in'): Part {
  const [from, to] = way === 'in' ? [node.id, service] : [service, node.id];
  return { nodes: [node], edges: [{ from, to, type: 'connects', label }] };
}

function together(parts: readonly Part[]): Part {
  const nodes = parts.flatMap(({ nodes }) => nodes);
  return {
    nodes: [...new Map(nodes.map((node) => [node.id, node])).values()],
    edges: parts.flatMap(({ edges }) => edges),
  };
}
