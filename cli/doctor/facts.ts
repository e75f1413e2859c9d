import { X509Certificate } from 'node:crypto';
import { isKind } from '../../constructs/manifest/kinds';
import { type LiveObject, type Program, programOf } from '../app/objects';
import { preview } from '../app/preview';
import { without } from '../app/selection';
import type { KubernetesObject, List } from '../cluster/object';
import { dockerEnv } from '../machine/docker-env';
import { findRuntime, type MinikubeState, stateOf } from '../machine/minikube';
import { kubectl, type Session } from '../machine/session';
import { type Outcome, type RunOptions, Shell } from '../machine/shell';
import { pathOf } from '../machine/tools';
import { Failure, Interrupted } from '../terminal/failure';
import { lastLine } from '../terminal/lines';
import type { Environment } from '../terminal/screen';
import { NotChecked } from './not-checked';

const PATIENCE = 12;
/** An app may have to be compiled first. */
const SYNTHESIS = 60;

/** Kinds as kubectl is asked for them. */
const KINDS = {
  nodes: 'Node',
  namespaces: 'Namespace',
  storageclasses: 'StorageClass',
  ingressclasses: 'IngressClass',
  apiservices: 'APIService',
  pods: 'Pod',
  services: 'Service',
  endpointslices: 'EndpointSlice',
  daemonsets: 'DaemonSet',
  persistentvolumeclaims: 'PersistentVolumeClaim',
  deployments: 'Deployment',
  statefulsets: 'StatefulSet',
  replicasets: 'ReplicaSet',
  resourcequotas: 'ResourceQuota',
  events: 'Event',
  leases: 'Lease',
  secrets: 'Secret',
  configmaps: 'ConfigMap',
  serviceaccounts: 'ServiceAccount',
  'gateways.gateway.networking.k8s.io': 'Gateway',
} as const;
export type Kind = keyof typeof KINDS;

const EVERYWHERE: readonly Kind[] = [
  ...(['nodes', 'namespaces', 'storageclasses', 'ingressclasses', 'apiservices'] as const),
  ...(['pods', 'services', 'endpointslices', 'daemonsets', 'persistentvolumeclaims'] as const),
];
const BESIDE: readonly Kind[] = [
  'deployments',
  'statefulsets',
  'replicasets',
  'resourcequotas',
  'events',
  'leases',
  'secrets',
];

export interface Minikube {
  readonly state: MinikubeState;
  /** Whether it says itself that the kubeconfig points elsewhere. */
  readonly misconfigured: boolean;
}

/** What the kubeconfig says of the context. */
export interface Access {
  readonly server: string;
  readonly namespace?: string;
  readonly certificate?: X509Certificate;
}

export interface FactsOptions {
  readonly without?: readonly string[];
  readonly env?: Environment;
  /** How long an answer is waited for, in seconds; 12 unless given. */
  readonly patience?: number;
  /** What programs are started by. */
  readonly shell?: (signal: AbortSignal) => Shell;
}

/** What checks ask for. Each thing is found out once, when it is first asked for. */
export class Facts {
  readonly env: Environment;
  private readonly patience: number;
  private readonly known = new Map<string, Promise<unknown>>();

  constructor(
    readonly session: Session,
    private readonly options: FactsOptions = {},
  ) {
    this.env = options.env ?? process.env;
    this.patience = options.patience ?? PATIENCE;
  }

  /** Where a program is on PATH. */
  tool(name: string): string | undefined {
    return pathOf(name, this.env);
  }

  /** Runs a program, which is ended when it takes too long. */
  async run(file: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    if (!this.tool(file)) {
      throw new NotChecked(`${file} is not on PATH`);
    }
    return this.inTime(this.patience, file, (shell) => shell.run(file, args, options));
  }

  /** Runs kubectl against the context. */
  async kubectl(...args: string[]): Promise<Outcome> {
    return this.run(...kubectl(this.session, ...args));
  }

  /** A command for the context, as it is typed. */
  typed(...args: string[]): string {
    return ['kubectl', '--context', this.session.profile, ...args].join(' ');
  }

  minikube(): Promise<Minikube> {
    return this.once('minikube', async () => {
      const { stdout, lines } = await this.run('minikube', ['-p', this.session.profile, 'status', '-o', 'json']);
      const state = stateOf(stdout, lines);
      if (state === undefined) {
        throw new NotChecked(`minikube does not tell its state: ${lastLine(lines)}`);
      }
      return { state, misconfigured: /"Kubeconfig":\s*"Misconfigured"/.test(stdout) };
    });
  }

  /** Checks of minikube's own need a profile that runs. */
  async needMinikube(): Promise<void> {
    const { profile } = this.session;
    const { state } = await this.minikube();
    if (state !== 'running') {
      throw new NotChecked(state === 'missing' ? `'${profile}' is no profile of minikube` : `minikube is ${state}`);
    }
  }

  runtime(): Promise<string> {
    return this.once('runtime', async () => {
      await this.needMinikube();
      return this.inTime(this.patience, 'minikube', (shell) => findRuntime({ ...this.session, shell }));
    });
  }

  /** The variables with which docker talks to the node's; undefined where there are several nodes. */
  dockerEnv(): Promise<Environment | undefined> {
    return this.once('docker-env', () =>
      this.inTime(this.patience, 'minikube', (shell) => dockerEnv({ ...this.session, shell })),
    );
  }

  /** Where the context leads. */
  access(): Promise<Access> {
    return this.once('access', async () => {
      const args = ['config', 'view', '--minify', '--raw', '--flatten', '-o', 'json'];
      const { ok, stdout } = await this.kubectl(...args);
      if (!ok) {
        throw new NotChecked(`the kubeconfig has no usable context '${this.session.profile}'`);
      }
      return accessOf(stdout);
    });
  }

  /** The address of the node; of several, of the first. */
  node(): Promise<string> {
    return this.once('node', async () => {
      const nodes = await this.list('nodes');
      const addresses = nodes.flatMap(({ status }) => status?.addresses ?? []);
      const found = addresses.find(({ type }) => type === 'InternalIP');
      if (!found) {
        throw new NotChecked('the cluster names no address of a node');
      }
      return found.address;
    });
  }

  /** Fails where the cluster does not answer. */
  async needCluster(): Promise<void> {
    const { ok } = await this.ready();
    if (!ok) {
      throw new NotChecked("the cluster's API does not answer");
    }
  }

  ready(): Promise<Outcome> {
    return this.once('ready', () => this.kubectl('get', '--raw', '/readyz', '--request-timeout=6s'));
  }

  /** What the API server answers to a path, in JSON. */
  async raw<T>(path: string): Promise<T> {
    await this.needCluster();
    const { ok, stdout, lines } = await this.kubectl('get', '--raw', path);
    if (!ok) {
      throw new NotChecked(`the cluster says: ${lastLine(lines)}`);
    }
    return parsed<T>(stdout, `the API server at ${path}`);
  }

  /** All objects of a kind, wherever they are. */
  list(kind: Kind): Promise<readonly LiveObject[]> {
    return this.ofKind(kind, EVERYWHERE, '--all-namespaces');
  }

  /** The objects of a kind in the namespaces of the program. */
  async beside(kind: Kind): Promise<readonly LiveObject[]> {
    const { namespaces } = await this.program();
    if (EVERYWHERE.includes(kind)) {
      const found = await this.list(kind);
      return found.filter(({ metadata }) => namespaces.includes(metadata.namespace ?? ''));
    }
    const found = await Promise.all(namespaces.map((namespace) => this.ofKind(kind, BESIDE, '-n', namespace)));
    return found.flat();
  }

  /** One of several kinds that are read at once; where one of them may not be read, each is read alone. */
  private async ofKind(kind: Kind, together: readonly Kind[], ...where: string[]): Promise<readonly LiveObject[]> {
    const place = where.join(' ');
    if (together.includes(kind)) {
      const all = await this.once(`all ${place}`, () => this.get(together, where).catch(() => undefined));
      if (all) {
        return all.filter((object) => isKind(object, KINDS[kind]));
      }
    }
    return this.once(`${kind} ${place}`, () => this.get([kind], where));
  }

  private async get(kinds: readonly Kind[], where: readonly string[]): Promise<readonly LiveObject[]> {
    await this.needCluster();
    const { ok, stdout, lines } = await this.kubectl('get', kinds.join(), ...where, '-o', 'json');
    if (!ok) {
      const said = lastLine(lines);
      throw new NotChecked(/forbidden/i.test(said) ? `you may not list ${kinds.join()}` : `the cluster says: ${said}`);
    }
    return (JSON.parse(stdout) as List<LiveObject>).items;
  }

  /** What the app of this folder writes. */
  program(): Promise<Program> {
    return this.once('program', async () => {
      const { session } = this;
      const { manifests } = await this.inTime(SYNTHESIS, 'the app', (shell) => preview({ ...session, shell }));
      const objects = without(manifests, this.options.without ?? []).flatMap(({ objects }) => objects);
      const { namespace = 'default' } = await this.access().catch(() => ({ namespace: undefined }));
      return programOf(objects as readonly KubernetesObject[], namespace);
    }).catch((error) => {
      throw error instanceof Failure ? new NotChecked(error.message) : error;
    });
  }

  private once<T>(name: string, find: () => Promise<T>): Promise<T> {
    const found = this.known.get(name) ?? find();
    this.known.set(name, found);
    return found as Promise<T>;
  }

  private async inTime<T>(seconds: number, what: string, action: (shell: Shell) => Promise<T>): Promise<T> {
    const { signal } = this.session;
    const { shell = (ended) => new Shell(ended) } = this.options;
    const timeout = AbortSignal.timeout(seconds * 1000);
    try {
      return await action(shell(AbortSignal.any([signal, timeout])));
    } catch (error) {
      if (error instanceof Interrupted && !signal.aborted) {
        throw new NotChecked(`${what} does not answer within ${seconds} s`);
      }
      throw error;
    }
  }
}

function parsed<T>(text: string, who: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new NotChecked(`${who} answers with something else than JSON`);
  }
}

function accessOf(kubeconfig: string): Access {
  interface Config {
    readonly clusters?: readonly { readonly cluster: { readonly server: string } }[] | null;
    readonly contexts?: readonly { readonly context: { readonly namespace?: string } }[] | null;
    readonly users?: readonly { readonly user: { readonly 'client-certificate-data'?: string } }[] | null;
  }
  const { clusters, contexts, users } = parsed<Config>(kubeconfig, 'kubectl');
  const data = users?.[0]?.user['client-certificate-data'];
  return {
    server: clusters?.[0]?.cluster.server ?? '',
    namespace: contexts?.[0]?.context.namespace,
    certificate: data === undefined ? undefined : new X509Certificate(Buffer.from(data, 'base64')),
  };
}
