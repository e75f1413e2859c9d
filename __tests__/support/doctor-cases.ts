import { mkdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  API,
  add,
  ago,
  CLASS,
  credentials,
  event,
  GI,
  NODE,
  put,
  RESOLVER,
  SERVICE,
  SHOP,
  service,
  slice,
  WEB,
  web,
  writes,
} from './doctor-stage';
import { READY, type Stage } from './stage';

/** What is broken, the check that sees it, how to break it, what is found, and what mends it. */
export type Case = [what: string, name: string, breaks: (made: Stage) => void, found: string, mend: string];

export const FAILURES: Case[] = [
  [
    'a node that is not ready',
    'nodes',
    (it) => it.has({ ...NODE, status: { ...NODE.status, conditions: [] } }),
    'node minikube is not ready',
    'describe node minikube',
  ],
  [
    'a node under pressure',
    'nodes',
    (it) => {
      const conditions = [...NODE.status.conditions, { type: 'DiskPressure', status: 'True', message: 'disk is full' }];
      it.has({ ...NODE, status: { ...NODE.status, conditions } });
    },
    'node minikube has DiskPressure',
    'kubectl --context minikube describe node minikube',
  ],
  [
    'a node without disk',
    'node disk',
    (it) => put(it, 'stats.json', { node: { fs: { availableBytes: GI, capacityBytes: 100 * GI } } }),
    'on node minikube 1.1 GB (1 %) are free',
    'docker system prune',
  ],
  [
    'a kubelet without tokens',
    'kubelet',
    (it) => {
      writes(it, WEB, { kind: 'ClusterRole', metadata: { name: 'telegraf' }, rules: [{ resources: ['nodes/stats'] }] });
      put(it, 'configz.json', { kubeletconfig: { authentication: { webhook: { enabled: false } } } });
    },
    'the kubelet knows no tokens of ServiceAccounts',
    'kubelet.authentication-token-webhook=true',
  ],
  [
    'a DNS server without pods',
    'dns',
    (it) => it.has(NODE, SHOP, RESOLVER, slice('kube-dns', 'kube-system', false)),
    'no pod of the DNS server is ready',
    'rollout restart deployment/coredns',
  ],
  [
    'an API that is registered and dead',
    'apis',
    (it) =>
      add(it, {
        ...API,
        metadata: { name: 'v1.dead' },
        status: { conditions: [{ type: 'Available', status: 'False', message: 'no endpoints' }] },
      }),
    'API v1.dead is registered, and does not answer',
    'kubectl --context minikube delete apiservice v1.dead',
  ],
  [
    'a webhook without a server',
    'webhooks',
    (it) =>
      add(it, {
        kind: 'ValidatingWebhookConfiguration',
        metadata: { name: 'ingress-admission' },
        webhooks: [{ name: 'validate.nginx', clientConfig: { service: { name: 'gone', namespace: 'ingress' } } }],
      }),
    'nothing answers for webhook validate.nginx',
    'delete validatingwebhookconfiguration ingress-admission',
  ],
  [
    'a namespace that ends for ever',
    'ending',
    (it) => {
      const conditions = [
        { type: 'NamespaceFinalizersRemaining', status: 'True', message: 'widgets.acme.io has 1 resource instances' },
      ];
      it.has(NODE, {
        kind: 'Namespace',
        metadata: { name: 'shop', deletionTimestamp: ago(5) },
        status: { conditions },
      });
    },
    'namespace shop has been ending for 5 min',
    'kubectl --context minikube -n shop get widgets.acme.io',
  ],
  [
    'a pod that ends for ever',
    'ending',
    (it) => add(it, { kind: 'Pod', metadata: { name: 'web-1', namespace: 'shop', deletionTimestamp: ago(10) } }),
    'Pod web-1 in shop has been ending for 10 min',
    'kubectl --context minikube -n shop delete pod web-1 --force --grace-period=0',
  ],
  [
    'a kind that is not there',
    'kinds',
    (it) => writes(it, WEB, { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', metadata: { name: 'web' } }),
    'the cluster does not know Certificate of cert-manager.io/v1',
    'helm install --kube-context minikube cert-manager',
  ],
  [
    'more than the node has',
    'room',
    (it) => writes(it, web({ resources: { requests: { cpu: '1' } } }, {}, { replicas: 3 })),
    'the program requests 3000m of cpu, and 2000m are free',
    'minikube start -p larger --cpus=4',
  ],
  [
    'a storage class that is not there',
    'storage classes',
    (it) =>
      writes(it, {
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data', namespace: 'shop' },
        spec: { storageClassName: 'fast' },
      }),
    "PersistentVolumeClaim data wants StorageClass 'fast'",
    'use one of standard',
  ],
  [
    'no default storage class',
    'storage classes',
    (it) => {
      writes(it, {
        kind: 'StatefulSet',
        metadata: { name: 'db', namespace: 'shop' },
        spec: { volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: {} }] },
      });
      it.has(NODE, { kind: 'StorageClass', metadata: { name: 'standard' } });
    },
    'there is no default StorageClass',
    'kubectl --context minikube annotate storageclass standard storageclass.kubernetes.io/is-default-class=true',
  ],
  [
    'an ingress class that is not there',
    'ingress',
    (it) =>
      writes(it, {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: { name: 'web', namespace: 'shop' },
        spec: { ingressClassName: 'nginx' },
      }),
    "Ingress web wants IngressClass 'nginx', which is not there",
    'minikube -p minikube addons enable ingress',
  ],
  [
    'an ingress of no class, and none by default',
    'ingress',
    (it) => {
      writes(it, { kind: 'Ingress', metadata: { name: 'web', namespace: 'shop' }, spec: {} });
      add(it, {
        kind: 'IngressClass',
        metadata: { name: 'traefik' },
        spec: { controller: 'traefik.io/ingress-controller' },
      });
    },
    'Ingress web names no class, and none is the default',
    'annotate ingressclass traefik ingressclass.kubernetes.io/is-default-class=true',
  ],
  [
    'a gateway that is not there',
    'ingress',
    (it) =>
      writes(it, {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'HTTPRoute',
        metadata: { name: 'web', namespace: 'shop' },
        spec: { parentRefs: [{ name: 'web' }] },
      }),
    'HTTPRoute web hangs on Gateway web in shop',
    'get gateways --all-namespaces',
  ],
  [
    'a scaler without metrics',
    'metrics',
    (it) => {
      writes(it, WEB, { kind: 'HorizontalPodAutoscaler', metadata: { name: 'web', namespace: 'shop' } });
      it.has(NODE, SHOP);
    },
    'there is no metrics-server',
    'minikube -p minikube addons enable metrics-server',
  ],
  [
    'a node port of another namespace',
    'node ports',
    (it) => {
      writes(it, WEB, SERVICE);
      add(it, { ...SERVICE, metadata: { name: 'other', namespace: 'old' } });
    },
    'node port 30080 of Service web is taken',
    'kubectl --context minikube -n old delete service other',
  ],
  [
    'a host port of another pod',
    'host ports',
    (it) => {
      writes(it, web({ ports: [{ containerPort: 80, hostPort: 80 }] }));
      add(it, {
        kind: 'Pod',
        metadata: { name: 'ingress-1', namespace: 'ingress' },
        spec: { containers: [{ ports: [{ hostPort: 80 }] }] },
      });
    },
    'port 80 of the node, which Deployment web wants, is taken',
    'get pod ingress-1',
  ],
  [
    'an image that nobody built',
    'images',
    (it) => writes(it, web({ image: 'cdk8s-services/nginx:ffffffffffff' })),
    'image cdk8s-services/nginx:ffffffffffff is not on the node',
    'npm run up',
  ],
  [
    'an image of others that is only loaded by hand',
    'images',
    (it) => writes(it, web({ image: 'acme/shop:1' })),
    'image acme/shop:1 is not on the node',
    'minikube -p minikube image load acme/shop:1',
  ],
  [
    'passive ports that are closed',
    'ftp',
    (it) => {
      const env = [
        { name: 'PASV_MIN_PORT', value: '21000' },
        { name: 'PASV_MAX_PORT', value: '21003' },
      ];
      writes(it, web({ env }), service({ ports: [21, 21001, 21002, 21003].map((port) => ({ port })) }));
    },
    'Service web does not have port 21000 of the passive range 21000 to 21003',
    'list each of them in the Service',
  ],
  [
    'an announced address that is nobody',
    'ftp',
    (it) => {
      const config = {
        kind: 'ConfigMap',
        metadata: { name: 'ftp', namespace: 'shop' },
        data: { 'vsftpd.conf': 'pasv_address=127.0.0.1\n' },
      };
      writes(
        it,
        web({}, { volumes: [{ name: 'config', configMap: { name: 'ftp' } }] }),
        config,
        service({ ports: [{ port: 21 }] }),
      );
    },
    "Service web announces 127.0.0.1, which is the client's own machine",
    "announce the load balancer's address",
  ],
  [
    'sessions of FTP on several pods',
    'ftp',
    (it) => writes(it, web({}, {}, { replicas: 2 }), service({ ports: [{ port: 21 }] })),
    'Service web spreads connections over 2 pods',
    'sessionAffinity: ClientIP',
  ],
  [
    'a port that no container has',
    'selectors',
    (it) => writes(it, WEB, service({ ports: [{ port: 80, targetPort: 'web' }] })),
    "Service web leads to port 'web', which no container has",
    'use the name or the number',
  ],
  [
    'a Secret that nobody writes',
    'references',
    (it) => writes(it, web({ env: [{ name: 'P', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }] })),
    'Deployment web needs Secret db',
    'create secret generic db',
  ],
  [
    'a claim that nobody writes',
    'references',
    (it) => writes(it, web({}, { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] })),
    'Deployment web needs PersistentVolumeClaim data',
    'get persistentvolumeclaims',
  ],
  [
    'a crash loop',
    'workloads',
    (it) => {
      const state = { waiting: { reason: 'CrashLoopBackOff' } };
      const containerStatuses = [
        { name: 'web', image: '', ready: false, restartCount: 7, state, lastState: { terminated: { exitCode: 2 } } },
      ];
      const pod = {
        kind: 'Pod',
        metadata: { name: 'web-1', namespace: 'shop', uid: 'p1', labels: { app: 'web' } },
        status: { containerStatuses },
      };
      it.has(NODE, SHOP, { ...WEB, status: { ...READY, availableReplicas: 0, readyReplicas: 0 } }, pod);
    },
    'Deployment web in shop: 0/1 ready',
    'kubectl --context minikube -n shop logs web-1 -c web --previous',
  ],
  [
    'pods that Pod Security refuses',
    'pod security',
    (it) =>
      add(
        it,
        event(
          'r1',
          'FailedCreate',
          'pods "web-1" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true',
          { kind: 'ReplicaSet', name: 'web-5' },
        ),
      ),
    'pods of ReplicaSet web-5 in shop are refused',
    'pod-security.kubernetes.io/enforce=baseline',
  ],
  [
    'a volume that nobody makes',
    'volumes',
    (it) =>
      add(
        it,
        {
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'data', namespace: 'shop', uid: 'c1' },
          spec: { storageClassName: 'fast' },
          status: { phase: 'Pending' },
        },
        event('c1', 'ProvisioningFailed', 'storageclass "fast" not found'),
      ),
    'volume data in shop is Pending',
    'get storageclasses',
  ],
  [
    'a volume that is full',
    'volumes',
    (it) => {
      add(it, {
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data', namespace: 'shop' },
        status: { phase: 'Bound' },
      });
      const volume = [{ pvcRef: { name: 'data', namespace: 'shop' }, usedBytes: 98, capacityBytes: 100 }];
      put(it, 'stats.json', { pods: [{ volume }] });
    },
    'volume data in shop is 98 % full',
    'patch persistentvolumeclaim data',
  ],
  [
    'a Secret of another run',
    'secrets',
    (it) => {
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db', namespace: 'shop' } };
      writes(it, WEB, { ...secret, data: { password: 'bmV3', user: 'bWU=' } });
      add(it, { ...secret, data: { password: 'b2xk', user: 'bWU=' } });
    },
    'Secret db in shop has other values than the program',
    'npm run up',
  ],
  [
    'a load balancer without an address',
    'load balancers',
    (it) => {
      writes(it, WEB, service({ type: 'LoadBalancer' }));
      add(it, service({ type: 'LoadBalancer' }));
    },
    'Service web in shop has no address yet',
    'minikube -p minikube tunnel',
  ],
  [
    'one port of a shared address for two',
    'load balancers',
    (it) => {
      const metadata = { annotations: { 'metallb.io/allow-shared-ip': 'shop' } };
      writes(
        it,
        WEB,
        service({ type: 'LoadBalancer' }, metadata),
        service({ type: 'LoadBalancer' }, { ...metadata, name: 'api' }),
      );
    },
    'Services web and api share an address and port 80/TCP',
    'another port',
  ],
  [
    'an address that nobody reaches',
    'addresses',
    (it) => {
      writes(it, WEB, SERVICE);
      add(it, service({ ports: [{ port: 80, nodePort: 1 }] }), slice('web', 'shop'));
    },
    'no address of web answers from here',
    'minikube -p minikube tunnel',
  ],
  [
    'no context',
    'kubeconfig',
    (it) => it.plays('kubectl', 'case "$*" in *get-contexts*) echo production ;; esac'),
    "the kubeconfig has no context 'minikube'",
    'minikube -p minikube update-context',
  ],
  [
    'a kubeconfig that is no YAML',
    'kubeconfig',
    (it) => it.plays('kubectl', "echo 'error: error loading config file: yaml: line 1: no node' >&2; exit 1"),
    'the kubeconfig cannot be read',
    'mend it, or move it away',
  ],
  [
    'an API that no kubeconfig leads to',
    'api',
    (it) => it.plays('kubectl', "echo 'error: error loading config file: yaml: line 1: no node' >&2; exit 1"),
    "the cluster's API does not answer",
    'mend the kubeconfig',
  ],
  [
    'a context that leads elsewhere',
    'kubeconfig',
    (it) => it.plays('minikube', `echo '{"Host":"Running","APIServer":"Running","Kubeconfig":"Misconfigured"}'`),
    "context 'minikube' points to https://127.0.0.1:1",
    'minikube -p minikube update-context',
  ],
  [
    'an API that does not answer',
    'api',
    (it) => it.plays('kubectl', "echo 'The connection to the server was refused'; exit 1"),
    "the cluster's API does not answer",
    'minikube -p minikube start',
  ],
  [
    'certificates that the API has renewed',
    'api',
    (it) => it.plays('kubectl', "echo 'x509: certificate signed by unknown authority'; exit 1"),
    "the cluster's API does not answer",
    'update-context',
  ],
  [
    'a minikube that is stopped',
    'profile',
    (it) => it.plays('minikube', `echo '{"Host":"Stopped","APIServer":"Stopped"}'; exit 7`),
    'minikube is stopped',
    'minikube -p minikube start',
  ],
  [
    'a minikube that is paused',
    'profile',
    (it) => it.plays('minikube', `echo '{"Host":"Running","APIServer":"Paused"}'`),
    'minikube is paused',
    'minikube -p minikube unpause',
  ],
  [
    "a node's docker that does not answer",
    'docker-env',
    (it) => it.plays('docker', "echo 'x509: certificate is valid for 192.168.49.2, not 192.168.49.3' >&2; exit 1"),
    "the node's docker does not answer",
    'minikube -p minikube stop && minikube -p minikube start',
  ],
  [
    'a docker that does not run',
    'docker',
    (it) => it.plays('docker', "echo 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock' >&2; exit 1"),
    'docker is not running',
    'start Docker Desktop',
  ],
  [
    'a DOCKER_HOST that leads nowhere',
    'docker',
    (it) => {
      it.plays('docker', "echo 'dial tcp 192.168.49.77:2376: connect: no route to host' >&2; exit 1");
      it.variables.DOCKER_HOST = 'tcp://192.168.49.77:2376';
    },
    'docker does not answer',
    'unset DOCKER_HOST',
  ],
  [
    'a docker that one may not use',
    'docker',
    (it) =>
      it.plays('docker', "echo 'permission denied while trying to connect to the Docker daemon socket' >&2; exit 1"),
    'you may not use docker',
    'usermod -aG docker',
  ],
  [
    'a tool that is missing',
    'tools',
    (it) => unlinkSync(join(it.folder, 'bin', 'kubectl')),
    'kubectl is not on PATH',
    'https://kubernetes.io/docs/tasks/tools/',
  ],
  [
    'a proxy for the node',
    'proxy',
    (it) =>
      Object.assign(it.variables, { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'localhost,10.0.0.0/8' }) &&
      put(it, 'kubeconfig.json', { clusters: [{ cluster: { server: 'https://192.168.49.2:8443' } }] }),
    'HTTPS_PROXY is set, and NO_PROXY does not except 192.168.49.2',
    'export NO_PROXY="${NO_PROXY:+$NO_PROXY,}192.168.49.2"',
  ],
  [
    'line endings of Windows',
    'line endings',
    (it) => {
      mkdirSync(join(it.folder, 'dockerfiles', 'web'), { recursive: true });
      writeFileSync(join(it.folder, 'dockerfiles', 'web', 'entrypoint.sh'), '#!/bin/sh\r\n');
    },
    'web/entrypoint.sh in dockerfiles/ has the line endings of Windows',
    'git config core.autocrlf input',
  ],
  [
    'credentials that all can read',
    'credentials',
    (it) => credentials(it, '{}', 0o644),
    '.credentials.json can be read by others',
    'chmod 600 .credentials.json',
  ],
  [
    'credentials that are damaged',
    'credentials',
    (it) => credentials(it, '{"web":', 0o600),
    '.credentials.json is damaged',
    'restore it from a copy',
  ],
  [
    'credentials that are lost',
    'credentials',
    (it) => {
      const data = { password: Buffer.from('placeholder of db password').toString('base64') };
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db', namespace: 'shop' } };
      writes(it, WEB, { ...secret, data });
      add(it, { ...secret, data: { password: 'b2xk' } });
    },
    'the file of the credentials is missing',
    'restore the file from a copy',
  ],
  [
    'an app that fails',
    'synthesis',
    (it) => writeFileSync(join(it.folder, 'cdk8s.yaml'), 'app: "exit 3"\n'),
    'the app of cdk8s.yaml fails',
    'npm run plan',
  ],
];

export const WARNINGS: Case[] = [
  [
    'a kubectl that is old',
    'kubectl version',
    (it) => put(it, 'version.json', { clientVersion: { minor: '31' }, serverVersion: { minor: '34' } }),
    'kubectl is 3 minor versions away from the cluster',
    'install kubectl 1.34',
  ],
  [
    'a shell that was given to minikube',
    'shell',
    (it) => Object.assign(it.variables, { MINIKUBE_ACTIVE_DOCKERD: 'minikube' }),
    "this shell's docker is that of minikube's profile 'minikube'",
    'docker-env --unset',
  ],
  [
    'a cordoned node',
    'nodes',
    (it) => it.has({ ...NODE, spec: { unschedulable: true } }),
    'node minikube takes no pods',
    'uncordon minikube',
  ],
  [
    'an image without a version',
    'versions',
    (it) => writes(it, web({ image: 'nginx:latest' })),
    'container web of Deployment web runs nginx:latest',
    'name a version',
  ],
  [
    'an image without a tag at a registry with a port',
    'versions',
    (it) => writes(it, web({ image: 'registry:5000/nginx' })),
    'runs registry:5000/nginx, which names no version',
    'registry:5000/nginx:1.2.3',
  ],
  [
    'a Service that selects nothing',
    'selectors',
    (it) => writes(it, WEB, service({ selector: { app: 'wbe' } })),
    'Service web selects no pod of the program',
    'the labels of the pods',
  ],
  [
    'an image that a service wants which was left out',
    'images',
    (it) =>
      writes(it, WEB, {
        ...web({ image: 'cdk8s-services/grafana:ffffffffffff' }),
        metadata: { name: 'grafana', namespace: 'shop' },
      }),
    'image cdk8s-services/grafana:ffffffffffff is not on the node',
    'npm run up',
  ],
  [
    'a volume of one node for several pods',
    'shared volumes',
    (it) =>
      writes(
        it,
        {
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'data', namespace: 'shop' },
          spec: { accessModes: ['ReadWriteOnce'] },
        },
        web({}, { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] }, { replicas: 2 }),
      ),
    'Deployment web has 2 replicas, and volume data is for one node at a time',
    'ReadWriteMany',
  ],
  [
    'two default storage classes',
    'storage classes',
    (it) => {
      writes(it, { kind: 'PersistentVolumeClaim', metadata: { name: 'd', namespace: 'shop' }, spec: {} });
      add(it, { ...CLASS, metadata: { ...CLASS.metadata, name: 'fast' } });
    },
    '2 StorageClasses say that they are the default',
    'annotate storageclass',
  ],
  [
    'a container that was restarted often',
    'workloads',
    (it) => {
      const lastState = { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: ago(3) } };
      const containerStatuses = [
        { name: 'web', image: '', ready: true, restartCount: 9, state: { running: {} }, lastState },
      ];
      const pod = {
        kind: 'Pod',
        metadata: { name: 'web-1', namespace: 'shop', labels: { app: 'web' } },
        status: { containerStatuses },
      };
      add(it, pod);
    },
    'container web of web-1 was restarted 9 times',
    'logs web-1 -c web --previous',
  ],
  [
    'a quota that is nearly used',
    'quotas',
    (it) =>
      add(it, {
        kind: 'ResourceQuota',
        metadata: { name: 'small', namespace: 'shop' },
        status: { hard: { 'requests.memory': '1Gi' }, used: { 'requests.memory': '1000Mi' } },
      }),
    'quota small in shop: 1000Mi of 1Gi requests.memory are used',
    'edit resourcequota small',
  ],
  [
    'an up that was killed',
    'lock',
    (it) =>
      add(it, {
        kind: 'Lease',
        metadata: { name: 'cdk8s-services.shop', namespace: 'shop' },
        spec: { holderIdentity: 'ann@laptop:4242', renewTime: ago(5), leaseDurationSeconds: 30 },
      }),
    'ann@laptop:4242 stopped in the middle',
    'npm run up, which takes over',
  ],
  [
    'an annotation of an old MetalLB',
    'load balancers',
    (it) =>
      writes(
        it,
        WEB,
        service({ type: 'LoadBalancer' }, { annotations: { 'metallb.universe.tf/address-pool': 'shop' } }),
      ),
    'Service web has an annotation of metallb.universe.tf',
    'metallb.io/',
  ],
];
