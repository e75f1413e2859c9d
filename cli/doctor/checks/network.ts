import { connect } from 'node:net';
import { asServices, type LiveObject, namespaceIn, ofKind, podsOf, ROUTES } from '../../app/objects';
import { called } from '../../cluster/object';
import { addressesOf } from '../../services/addresses';
import { type Answer, probe } from '../../services/probe';
import { type Check, type Finding, failed, some, warning } from '../check';
import type { Facts } from '../facts';
import { NotChecked } from '../not-checked';

const DEFAULT_CLASS = 'ingressclass.kubernetes.io/is-default-class';

export const ingress: Check = {
  name: 'ingress',
  async run(facts) {
    const { objects } = await facts.program();
    const wanted = ofKind(objects, 'Ingress');
    const routes = await routesOf(facts, objects);
    if (wanted.length === 0) {
      return { text: routes.length > 0 ? 'gateways are there' : 'the program has none', findings: routes };
    }
    const classes = await facts.list('ingressclasses');
    const names = classes.map(({ metadata }) => metadata.name);
    const isDefault = ({ metadata }: LiveObject) => metadata.annotations?.[DEFAULT_CLASS] === 'true';
    const enable = `minikube -p ${facts.session.profile} addons enable ingress`;
    const findings = wanted.flatMap((object): Finding[] => {
      const name: string | undefined =
        object.spec?.ingressClassName ?? object.metadata.annotations?.['kubernetes.io/ingress.class'];
      if (name === undefined && !classes.some(isDefault)) {
        const why = 'no controller takes it';
        const mend =
          names.length > 0 ? facts.typed('annotate', 'ingressclass', names[0] ?? '', `${DEFAULT_CLASS}=true`) : enable;
        return [failed(`${called(object)} names no class, and none is the default`, why, mend)];
      }
      if (name !== undefined && !names.includes(name)) {
        const why = `no controller takes it; there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ') || 'none'}`;
        const mend = names.length > 0 ? `use one of ${names.join(', ')} in the program` : enable;
        return [failed(`${called(object)} wants IngressClass '${name}', which is not there`, why, mend)];
      }
      return [];
    });
    const defaults = classes.filter(isDefault).map(({ metadata }) => metadata.name);
    if (defaults.length > 1) {
      const why = 'the API refuses an Ingress without a class, and two controllers claim the ports 80 and 443';
      findings.push(
        warning(`${defaults.join(' and ')} are both the default class`, why, 'minikube addons disable one of the two'),
      );
    }
    const used = classes.map(
      ({ metadata, spec }) => `class ${metadata.name} of ${controllerOf(spec?.controller ?? '')}`,
    );
    return { text: used.join(', '), findings: [...findings, ...routes] };
  },
};

function controllerOf(controller: string): string {
  return controller === 'k8s.io/ingress-nginx' ? 'ingress-nginx, which gets no fixes any more' : controller;
}

interface ParentRef {
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
}

/** Routes hang on a Gateway that has to be there. */
async function routesOf(facts: Facts, objects: readonly LiveObject[]): Promise<Finding[]> {
  const routes = ofKind(objects, ...ROUTES);
  if (routes.length === 0) {
    return [];
  }
  const own = ofKind(objects, 'Gateway');
  const live = await facts.list('gateways.gateway.networking.k8s.io').catch(() => []);
  return routes.flatMap((route) =>
    ((route.spec?.parentRefs ?? []) as ParentRef[])
      .filter(({ kind = 'Gateway', name, namespace = route.metadata.namespace }) => {
        const isIt = ({ metadata }: LiveObject) => metadata.name === name && metadata.namespace === namespace;
        return kind === 'Gateway' && !own.some(isIt) && !live.some(isIt);
      })
      .map(({ name, namespace = route.metadata.namespace }) =>
        failed(
          `${called(route)} hangs on Gateway ${name} in ${namespace}, which is not there`,
          'nothing leads to its service',
          facts.typed('get', 'gateways', '--all-namespaces'),
        ),
      ),
  );
}

const SHARING = ['metallb.io/allow-shared-ip', 'metallb.universe.tf/allow-shared-ip'];

export const loadBalancers: Check = {
  name: 'load balancers',
  async run(facts) {
    const program = await facts.program();
    const wanted = ofKind(program.objects, 'Service').filter(isBalanced);
    if (wanted.length === 0) {
      return { text: 'the program has none' };
    }
    const findings = sharingMistakes(wanted);
    const live = (await facts.beside('services')).filter(isBalanced);
    const pending = live.filter(({ status }) => (status?.loadBalancer?.ingress ?? []).length === 0);
    const events = pending.length > 0 ? await facts.beside('events') : [];
    const namespaces = pending.length > 0 ? await facts.list('namespaces') : [];
    const metallb = namespaces.some(({ metadata }) => metadata.name === 'metallb-system');
    findings.push(
      ...pending.map((service) => {
        const { name, namespace = '', uid } = service.metadata;
        const said = events
          .filter(({ involvedObject, type }) => involvedObject?.uid === uid && type === 'Warning')
          .at(-1);
        const why = said?.message ?? (metallb ? 'MetalLB has none for it' : 'nothing here hands out addresses');
        const mend = metallb
          ? facts.typed('-n', 'metallb-system', 'get', 'ipaddresspools,l2advertisements')
          : `in another terminal: minikube -p ${facts.session.profile} tunnel; elsewhere: install MetalLB`;
        return failed(`Service ${name} in ${namespace} has no address yet`, why, mend);
      }),
    );
    const given = live.flatMap(({ status }) => status?.loadBalancer?.ingress ?? []) as {
      ip?: string;
      hostname?: string;
    }[];
    const addresses = [...new Set(given.map(({ ip, hostname }) => ip ?? hostname ?? ''))];
    return {
      text: live.length === 0 ? 'none is in the cluster yet' : `${live.length} at ${some(addresses)}`,
      findings,
    };
  },
};

function isBalanced({ spec }: LiveObject): boolean {
  return spec?.type === 'LoadBalancer';
}

/** Services share an address only on different ports, and with a local policy only for the same pods. */
function sharingMistakes(services: readonly LiveObject[]): Finding[] {
  const keyOf = ({ metadata }: LiveObject) =>
    SHARING.map((name) => metadata.annotations?.[name]).find((key) => key !== undefined);
  const ports = ({ spec }: LiveObject) =>
    ((spec?.ports ?? []) as { port: number; protocol?: string }[]).map(
      ({ port, protocol = 'TCP' }) => `${port}/${protocol}`,
    );
  const shared = services.filter((service) => keyOf(service) !== undefined);
  const pairs = shared.flatMap((a, index) =>
    shared.slice(index + 1).flatMap((b) => (keyOf(a) === keyOf(b) ? [[a, b] as const] : [])),
  );
  return [
    ...pairs.flatMap(([a, b]) => {
      const both = ports(a).filter((port) => ports(b).includes(port));
      const what = `Services ${a.metadata.name} and ${b.metadata.name} share an address and port ${both.join(', ')}`;
      return both.length > 0 ? [failed(what, 'one of them gets no address', 'give one of them another port')] : [];
    }),
    ...pairs
      .filter(([a, b]) => [a, b].some(({ spec }) => spec?.externalTrafficPolicy === 'Local'))
      .filter(([a, b]) => JSON.stringify(a.spec?.selector) !== JSON.stringify(b.spec?.selector))
      .map(([a, b]) =>
        failed(
          `Services ${a.metadata.name} and ${b.metadata.name} share an address, and keep traffic on the node of their pods`,
          'MetalLB shares an address so only for the same pods: one stays pending',
          'leave out externalTrafficPolicy: Local',
        ),
      ),
    ...services
      .filter(({ metadata: { annotations = {} } }) =>
        Object.keys(annotations).some(
          (name) => name.startsWith('metallb.universe.tf/') && !(name.replace('universe.tf', 'io') in annotations),
        ),
      )
      .map((service) =>
        warning(
          `${called(service)} has an annotation of metallb.universe.tf`,
          'newer versions of MetalLB read metallb.io/',
          'add the same with metallb.io/',
        ),
      ),
  ];
}

export const nodePorts: Check = {
  name: 'node ports',
  async run(facts) {
    const program = await facts.program();
    const ports = (service: LiveObject) =>
      ((service.spec?.ports ?? []) as { nodePort?: number; protocol?: string }[]).flatMap(
        ({ nodePort, protocol = 'TCP' }) => (nodePort ? [`${nodePort}/${protocol}`] : []),
      );
    const wanted = ofKind(program.objects, 'Service').filter((service) => ports(service).length > 0);
    if (wanted.length === 0) {
      return { text: 'the program asks for none' };
    }
    const live = await facts.list('services');
    const findings = wanted.flatMap((service) => {
      const others = live.filter(
        ({ metadata }) =>
          metadata.name !== service.metadata.name || metadata.namespace !== namespaceIn(program, service),
      );
      return ports(service).flatMap((port) => {
        const holder = others.find((other) => ports(other).includes(port));
        if (!holder) {
          return [];
        }
        const { name, namespace = '' } = holder.metadata;
        const mend = `choose another port in the program, or: ${facts.typed('-n', namespace, 'delete', 'service', name)}`;
        return [
          failed(
            `node port ${port.split('/')[0]} of ${called(service)} is taken`,
            `by Service ${name} in ${namespace}`,
            mend,
          ),
        ];
      });
    });
    return { text: `${wanted.flatMap(ports).length} of the program are free, or its own`, findings };
  },
};

/** A pod that wants a port of the node that another pod has is never scheduled. */
export const hostPorts: Check = {
  name: 'host ports',
  async run(facts) {
    const program = await facts.program();
    const wanted = podsOf(program).flatMap(({ owner, namespace, spec }) =>
      spec.containers.flatMap(({ ports = [] }) =>
        ports.flatMap(({ hostPort }) => (hostPort ? [{ owner, namespace, hostPort }] : [])),
      ),
    );
    if (wanted.length === 0) {
      return { text: 'the program asks for none' };
    }
    const pods = await facts.list('pods');
    const findings = wanted.flatMap(({ owner, namespace, hostPort }) => {
      const holder = pods.find(
        ({ metadata, spec }) =>
          metadata.namespace !== namespace &&
          ((spec?.containers ?? []) as { ports?: { hostPort?: number }[] }[]).some(({ ports = [] }) =>
            ports.some((port) => port.hostPort === hostPort),
          ),
      );
      const { name, namespace: where = '' } = holder?.metadata ?? {};
      return holder
        ? [
            failed(
              `port ${hostPort} of the node, which ${called(owner)} wants, is taken`,
              `by pod ${name} in ${where}`,
              `choose another port, or see who has it: ${facts.typed('-n', where, 'get', 'pod', name ?? '')}`,
            ),
          ]
        : [];
    });
    return { text: `${wanted.length} of the program are free, or its own`, findings };
  },
};

/** What has an address must be reachable from here: in a virtual machine, or with Docker on a Mac, it is not. */
export const addresses: Check = {
  name: 'addresses',
  async run(facts) {
    const program = await facts.program();
    const own = new Set(ofKind(program.objects, 'Service').map(({ metadata }) => metadata.name));
    const [slices, live] = [await facts.list('endpointslices'), await facts.beside('services')];
    const ready = live.filter(
      ({ metadata }) => own.has(metadata.name) && hasEndpoint(slices, metadata.namespace ?? '', metadata.name),
    );
    const node = await facts.node();
    const found = [...urlsOf(ready, node), ...plainOf(ready, node)];
    if (found.length === 0) {
      throw new NotChecked('nothing that has an address is ready');
    }
    const answers = await Promise.all(found.map(async (one) => ({ ...one, ...(await one.ask()) })));
    const unknown = answers.filter(({ unknownHost }) => unknownHost !== undefined);
    const lost = answers.filter((one) => !one.ok && !unknown.includes(one));
    const services = [...new Set(lost.map(({ service }) => service))];
    const tunnel = `in another terminal: minikube -p ${facts.session.profile} tunnel`;
    const findings = services.map((service) => {
      const [first] = lost.filter((one) => one.service === service);
      const all = answers.every((one) => one.service !== service || lost.includes(one));
      const why = `${first?.url}: ${first?.text}`;
      const mend =
        all && lost.length === answers.length
          ? tunnel
          : `see its log: ${facts.typed('-n', first?.namespace ?? '', 'logs', '-l', `app.kubernetes.io/instance=${service}`)}; or ${tunnel}`;
      return all
        ? failed(`no address of ${service} answers from here`, why, mend)
        : warning(`${service} does not answer at each of its addresses`, why, mend);
    });
    const nameless = unknown.map(({ service, unknownHost, text }) =>
      warning(
        `${service} answers, and this machine does not know its name ${unknownHost}`,
        'no DNS server that it asks has the name',
        text.replace(/^answers; /, ''),
      ),
    );
    return { text: `all ${answers.length} answer`, findings: [...findings, ...nameless] };
  },
};

/** Whether a Service has a pod that is ready. */
function hasEndpoint(slices: readonly LiveObject[], namespace: string, name: string): boolean {
  return slices
    .filter(
      ({ metadata }) => metadata.namespace === namespace && metadata.labels?.['kubernetes.io/service-name'] === name,
    )
    .some(({ endpoints }) =>
      (endpoints as { conditions?: { ready?: boolean } }[] | undefined)?.some(
        ({ conditions }) => conditions?.ready !== false,
      ),
    );
}

interface Asked {
  readonly service: string;
  readonly namespace: string;
  readonly url: string;
  ask(): Promise<Answer>;
}

/** The addresses that constructs of ours note. */
function urlsOf(services: readonly LiveObject[], node: string): Asked[] {
  return services.flatMap((service) =>
    addressesOf(asServices([service]), node).flatMap(({ service: name, url }) =>
      url ? [{ service: name, namespace: service.metadata.namespace ?? '', url, ask: () => probe(url, node, 0) }] : [],
    ),
  );
}

/** Of others, whatever a port of a load balancer or of the node takes. */
function plainOf(services: readonly LiveObject[], node: string): Asked[] {
  return services
    .filter(({ metadata }) => metadata.annotations?.['cdk8s-services/urls'] === undefined)
    .flatMap(({ metadata: { name, namespace = '' }, spec, status }) => {
      const { ip, hostname } = status?.loadBalancer?.ingress?.[0] ?? {};
      const [balancer, ports] = [
        ip ?? hostname,
        (spec?.ports ?? []) as { port: number; nodePort?: number; protocol?: string }[],
      ];
      const tcp = ports.filter(({ protocol = 'TCP' }) => protocol === 'TCP');
      const at = (host: string, port: number) => ({
        service: name,
        namespace,
        url: `${host}:${port}`,
        ask: () => reaches(host, port),
      });
      return tcp.flatMap(({ port, nodePort }) => [
        ...(balancer ? [at(balancer, port)] : []),
        ...(nodePort ? [at(node, nodePort)] : []),
      ]);
    });
}

export function reaches(host: string, port: number): Promise<{ ok: boolean; text: string }> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal: AbortSignal.timeout(2000) });
    socket.on('connect', () => {
      socket.destroy();
      resolve({ ok: true, text: 'it answers' });
    });
    socket.on('error', ({ message, name }) =>
      resolve({ ok: false, text: name === 'AbortError' ? 'no answer within 2 s' : message }),
    );
  });
}
