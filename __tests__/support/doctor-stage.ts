import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
export const RESOLVER = { kind: 'Service', metadata: { name: 'kube-dns', namespace: 'kube-system' } };
const RESOLVING = slice('kube-dns', 'kube-system');
export const API = {
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
const HEALTHY = [NODE, CLASS, RESOLVER, RESOLVING, API, SHOP, { ...WEB, status: READY }];

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
    */configz) cat "$CALLS/../configz.json" ;;
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
  put(made, 'configz.json', { kubeletconfig: { authentication: { webhook: { enabled: true } } } });
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

interface Checked {
  readonly status: string;
  readonly text: string;
  readonly findings: readonly { readonly severity: string; what: string; why: string; mend: string }[];
}

export async function check(name: string, made: Stage): Promise<Checked> {
  const { stdout, stderr } = await made.run('doctor', name, '-o', 'json');
  if (stdout === '') {
    throw new Error(stderr);
  }
  return JSON.parse(stdout).checks.find((one: { name: string }) => one.name === name);
}

export function credentials(made: Stage, text: string, mode: number): void {
  const path = join(made.folder, '.credentials.json');
  writeFileSync(path, text);
  chmodSync(path, mode);
}
