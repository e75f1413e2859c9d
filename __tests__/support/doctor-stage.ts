import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { examine } from '../../cli/doctor/doctor';
import { Facts } from '../../cli/doctor/facts';
import type { Result } from '../../cli/doctor/result';
import { Proxies } from '../../cli/machine/proxy';
import { type Outcome, type RunOptions, Shell } from '../../cli/machine/shell';
import { Invocation } from '../../cli/terminal/invocation';
import { READY, SCRIPTS, type Stage, stage } from './stage';
import { typed } from './typed';

export const GI = 1024 ** 3;
export const NODE = {
  kind: 'Node',
  metadata: { name: 'minikube' },
  status: {
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    allocatable: { cpu: '2', memory: '4Gi' },
    conditions: [{ type: 'Ready', status: 'True' }],
  },
};
export const CLASS = {
  kind: 'StorageClass',
  metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
};
const API = {
  kind: 'APIService',
  metadata: { name: 'v1beta1.metrics.k8s.io' },
  spec: { service: { name: 'metrics-server', namespace: 'kube-system' } },
  status: { conditions: [{ type: 'Available', status: 'True' }] },
};
export const SHOP = {
  kind: 'Namespace',
  metadata: { name: 'shop', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
  status: { phase: 'Active' },
};
const CONTAINER: any = {
  name: 'web',
  image: 'cdk8s-services/nginx:0123456789ab',
  imagePullPolicy: 'Never',
  ports: [{ name: 'http', containerPort: 8080 }],
  resources: { requests: { cpu: '100m', memory: '64Mi' } },
};
export const WEB: any = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', generation: 1, labels: { 'app.kubernetes.io/instance': 'web' } },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [CONTAINER] } },
  },
};
export const SERVICE: any = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop', uid: 's1' },
  spec: { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80, nodePort: 30080, targetPort: 'http' }] },
};
const HEALTHY = [NODE, CLASS, API, SHOP, { ...WEB, status: READY }];

/** A pod that may connect to others, and is ready. */
export const POD = {
  kind: 'Pod',
  metadata: { name: 'web-1', namespace: 'shop', labels: { app: 'web' } },
  spec: { containers: [CONTAINER] },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
};

export function slice(service: string, namespace: string, ready = true): object {
  const labels = { 'kubernetes.io/service-name': service };
  return {
    kind: 'EndpointSlice',
    metadata: { name: service, namespace, labels },
    endpoints: [{ conditions: { ready } }],
  };
}

export function ago(minutes: number): string {
  return new Date(Date.now() - minutes * 60_000).toISOString();
}

export function event(uid: string, reason: string, message: string, more = {}): object {
  const metadata = { name: `${uid}-${reason}`, namespace: 'shop' };
  return { kind: 'Event', type: 'Warning', metadata, reason, message, involvedObject: { uid, kind: 'Pod', ...more } };
}

/** A Deployment with other fields in its pods. */
export function web(container: object, pod: object = {}, spec: object = {}): any {
  const containers = [{ ...CONTAINER, ...container }];
  return { ...WEB, spec: { ...WEB.spec, ...spec, template: { ...WEB.spec.template, spec: { containers, ...pod } } } };
}

export function service(spec: object, metadata: object = {}): any {
  return { ...SERVICE, metadata: { ...SERVICE.metadata, ...metadata }, spec: { ...SERVICE.spec, ...spec } };
}

const KUBECTL = `case "$*" in
    *'config view'*) cat "$CALLS/../kubeconfig.json" ;;
    *' version '*) cat "$CALLS/../version.json" ;;
    *api-resources*) cat "$CALLS/../kinds" ;;
    */stats/summary) cat "$CALLS/../stats.json" ;;
    *' exec '*) . "$CALLS/../exec" ;;
    *) ${SCRIPTS.kubectl} ;;
  esac`;
const DOCKER = 'case "$1" in info) echo 28.0.1 ;; images) echo cdk8s-services/nginx:0123456789ab ;; esac';
const KINDS = ['apps/v1 true Deployment', 'v1 true Service', 'v1 true Secret', 'networking.k8s.io/v1 true Ingress'];

/** A machine and a cluster on which all is well. */
export function well(scripts: { [tool: string]: string | undefined } = {}): Stage {
  const made = stage({ kubectl: KUBECTL, docker: DOCKER, ...scripts });
  writes(made, WEB);
  made.has(...HEALTHY);
  put(made, 'kubeconfig.json', { clusters: [{ cluster: { server: 'https://127.0.0.1:1' } }], contexts: [], users: [] });
  put(made, 'version.json', {
    clientVersion: { minor: '34', gitVersion: 'v1.34.1' },
    serverVersion: { minor: '34+', gitVersion: 'v1.34.4' },
  });
  put(made, 'stats.json', { node: { fs: { availableBytes: 50 * GI, capacityBytes: 100 * GI } } });
  writeFileSync(join(made.folder, 'kinds'), KINDS.map((kind) => `things  th  ${kind}\n`).join(''));
  return made;
}

export function put(made: Stage, file: string, content: unknown): void {
  writeFileSync(join(made.folder, file), JSON.stringify(content));
}

/** What comes of a command inside a pod. */
export function execs(made: Stage, script: string): void {
  writeFileSync(join(made.folder, 'exec'), script);
}

/** What the app of the folder writes. */
export function writes(made: Stage, ...items: object[]): void {
  const all = items.map((item) => JSON.stringify(typed(item)));
  writeFileSync(join(made.folder, 'web.yaml'), all.join('\n---\n'));
}

/** The cluster as it is, with something more. */
export function add(made: Stage, ...items: object[]): void {
  made.has(...HEALTHY, ...items);
}

/** Starts what is on the PATH of a stage. What its kubectl would read of the cluster is read here. */
class StageShell extends Shell {
  constructor(
    private readonly made: Stage,
    signal: AbortSignal,
  ) {
    super(signal);
  }

  override run(file: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    const [, , verb, ...words] = args;
    const isOwn = file === 'kubectl' && verb === 'get' && this.made.script('kubectl').endsWith(KUBECTL);
    const found = isOwn ? readFrom(this.made.cluster(), words) : undefined;
    return found === undefined
      ? super.run(file, args, { ...options, env: { ...environmentOf(this.made), ...options.env } })
      : Promise.resolve({ ok: true, exitCode: 0, stdout: found, stderr: '', lines: [found] });
  }

  override runLine(line: string, options: RunOptions = {}): Promise<Outcome> {
    return super.runLine(line, { ...options, env: { ...environmentOf(this.made), ...options.env } });
  }
}

/** What `kubectl get` prints of objects: of some kinds, everywhere or in a namespace, or that all is well. */
function readFrom(objects: readonly any[], [kinds = '', ...words]: readonly string[]): string | undefined {
  if (kinds === '--raw') {
    return words[0] === '/readyz' ? 'ok' : undefined;
  }
  const [where, namespace] = words;
  const wanted = kinds.split(',').map((kind) => kind.replace(/\..*/, ''));
  const items = objects.filter(
    ({ kind, metadata }) =>
      [`${kind}s`, `${kind}es`].some((plural) => wanted.includes(plural.toLowerCase())) &&
      (where === '--all-namespaces' || metadata.namespace === namespace),
  );
  return JSON.stringify({ items });
}

function environmentOf(made: Stage): { [name: string]: string } {
  return { PATH: join(made.folder, 'bin'), CALLS: join(made.folder, 'calls'), ...made.variables };
}

/** What the doctor says, asked in this process. */
export function examined(names: readonly string[], made: Stage, patience?: number): Promise<Result[]> {
  const { signal } = new AbortController();
  const { folder } = made;
  const shell = (ended: AbortSignal) => new StageShell(made, ended);
  const invocation = Invocation.of(['node', '/cli.js', 'doctor'], { npm_lifecycle_event: 'doctor' }, folder);
  const { again } = invocation;
  const session = {
    shell: shell(signal),
    signal,
    folder,
    profile: 'minikube',
    proxies: new Proxies(),
    invocation,
    again,
  };
  return examine(names, new Facts(session, { env: environmentOf(made), patience, shell }));
}

export async function check(name: string, made: Stage): Promise<Result> {
  const found = (await examined([name], made)).find((one) => one.name === name);
  if (!found) {
    throw new Error(`there is no check '${name}'`);
  }
  return found;
}

export function credentials(made: Stage, text: string, mode: number): void {
  const path = join(made.folder, '.credentials.json');
  writeFileSync(path, text);
  chmodSync(path, mode);
}
