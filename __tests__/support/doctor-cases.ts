import { mkdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  add,
  ago,
  CLASS,
  credentials,
  event,
  execs,
  NODE,
  POD,
  put,
  SERVICE,
  SHOP,
  service,
  slice,
  WEB,
  web,
  writes,
} from './doctor-stage';
import { READY, type Stage } from './stage';

export interface Case {
  /** What is broken, for the name of the test. */
  readonly what: string;
  /** The check that sees it. */
  readonly check: string;
  readonly breaks: (made: Stage) => void;
  /** What the check says of it. */
  readonly found: string;
  /** What it says to do. */
  readonly fix: string;
}

export const FAILURES: Case[] = [
  {
    what: 'a resolver that does not answer a pod of the app',
    check: 'names',
    breaks: (it) => {
      add(it, POD);
      execs(it, 'echo command terminated with exit code 124 >&2; exit 124');
    },
    found: 'web-1 cannot resolve kubernetes.default.svc',
    fix: 'kubectl --context minikube -n shop exec web-1 -c web -- cat /etc/resolv.conf',
  },
  {
    what: 'a kind that is not there',
    check: 'kinds',
    breaks: (it) =>
      writes(it, WEB, { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', metadata: { name: 'web' } }),
    found: 'the cluster does not know Certificate of cert-manager.io/v1',
    fix: 'helm install --kube-context minikube cert-manager',
  },
  {
    what: 'more than the node has',
    check: 'room',
    breaks: (it) => writes(it, web({ resources: { requests: { cpu: '1' } } }, {}, { replicas: 3 })),
    found: 'the program requests 3000m of cpu, and 2000m are free',
    fix: 'minikube start -p larger --cpus=4',
  },
  {
    what: 'a storage class that is not there',
    check: 'storage classes',
    breaks: (it) =>
      writes(it, {
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data', namespace: 'shop' },
        spec: { storageClassName: 'fast' },
      }),
    found: "PersistentVolumeClaim data wants StorageClass 'fast'",
    fix: 'use one of standard',
  },
  {
    what: 'no default storage class',
    check: 'storage classes',
    breaks: (it) => {
      writes(it, {
        kind: 'StatefulSet',
        metadata: { name: 'db', namespace: 'shop' },
        spec: { volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: {} }] },
      });
      it.has(NODE, { kind: 'StorageClass', metadata: { name: 'standard' } });
    },
    found: 'there is no default StorageClass',
    fix: 'kubectl --context minikube annotate storageclass standard storageclass.kubernetes.io/is-default-class=true',
  },
  {
    what: 'an ingress class that is not there',
    check: 'ingress',
    breaks: (it) =>
      writes(it, {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: { name: 'web', namespace: 'shop' },
        spec: { ingressClassName: 'nginx' },
      }),
    found: "Ingress web wants IngressClass 'nginx', which is not there",
    fix: 'minikube -p minikube addons enable ingress',
  },
  {
    what: 'an ingress of no class, and none by default',
    check: 'ingress',
    breaks: (it) => {
      writes(it, { kind: 'Ingress', metadata: { name: 'web', namespace: 'shop' }, spec: {} });
      add(it, {
        kind: 'IngressClass',
        metadata: { name: 'traefik' },
        spec: { controller: 'traefik.io/ingress-controller' },
      });
    },
    found: 'Ingress web names no class, and none is the default',
    fix: 'annotate ingressclass traefik ingressclass.kubernetes.io/is-default-class=true',
  },
  {
    what: 'a gateway that is not there',
    check: 'ingress',
    breaks: (it) =>
      writes(it, {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'HTTPRoute',
        metadata: { name: 'web', namespace: 'shop' },
        spec: { parentRefs: [{ name: 'web' }] },
      }),
    found: 'HTTPRoute web hangs on Gateway web in shop',
    fix: 'get gateways --all-namespaces',
  },
  {
    what: 'a scaler without metrics',
    check: 'metrics',
    breaks: (it) => {
      writes(it, WEB, { kind: 'HorizontalPodAutoscaler', metadata: { name: 'web', namespace: 'shop' } });
      it.has(NODE, SHOP);
    },
    found: 'there is no metrics-server',
    fix: 'minikube -p minikube addons enable metrics-server',
  },
  {
    what: 'a node port of another namespace',
    check: 'node ports',
    breaks: (it) => {
      writes(it, WEB, SERVICE);
      add(it, { ...SERVICE, metadata: { name: 'other', namespace: 'old' } });
    },
    found: 'node port 30080 of Service web is taken',
    fix: 'kubectl --context minikube -n old delete service other',
  },
  {
    what: 'a host port of another pod',
    check: 'host ports',
    breaks: (it) => {
      writes(it, web({ ports: [{ containerPort: 80, hostPort: 80 }] }));
      add(it, {
        kind: 'Pod',
        metadata: { name: 'ingress-1', namespace: 'ingress' },
        spec: { containers: [{ ports: [{ hostPort: 80 }] }] },
      });
    },
    found: 'port 80 of the node, which Deployment web wants, is taken',
    fix: 'get pod ingress-1',
  },
  {
    what: 'an image that nobody built',
    check: 'images',
    breaks: (it) => writes(it, web({ image: 'cdk8s-services/nginx:ffffffffffff' })),
    found: 'image cdk8s-services/nginx:ffffffffffff is not on the node',
    fix: 'npm run up',
  },
  {
    what: 'an image of others that is only loaded by hand',
    check: 'images',
    breaks: (it) => writes(it, web({ image: 'acme/shop:1' })),
    found: 'image acme/shop:1 is not on the node',
    fix: 'minikube -p minikube image load acme/shop:1',
  },
  {
    what: 'passive ports that are closed',
    check: 'ftp',
    breaks: (it) => {
      const env = [
        { name: 'PASV_MIN_PORT', value: '21000' },
        { name: 'PASV_MAX_PORT', value: '21003' },
      ];
      writes(it, web({ env }), service({ ports: [21, 21001, 21002, 21003].map((port) => ({ port })) }));
    },
    found: 'Service web does not have port 21000 of the passive range 21000 to 21003',
    fix: 'list each of them in the Service',
  },
  {
    what: 'an announced address that is nobody',
    check: 'ftp',
    breaks: (it) => {
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
    found: "Service web announces 127.0.0.1, which is the client's own machine",
    fix: "announce the load balancer's address",
  },
  {
    what: 'sessions of FTP on several pods',
    check: 'ftp',
    breaks: (it) => writes(it, web({}, {}, { replicas: 2 }), service({ ports: [{ port: 21 }] })),
    found: 'Service web spreads connections over 2 pods',
    fix: 'sessionAffinity: ClientIP',
  },
  {
    what: 'a port that no container has',
    check: 'selectors',
    breaks: (it) => writes(it, WEB, service({ ports: [{ port: 80, targetPort: 'web' }] })),
    found: "Service web leads to port 'web', which no container has",
    fix: 'use the name or the number',
  },
  {
    what: 'a Secret that nobody writes',
    check: 'references',
    breaks: (it) =>
      writes(it, web({ env: [{ name: 'P', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }] })),
    found: 'Deployment web needs Secret db',
    fix: 'create secret generic db',
  },
  {
    what: 'a claim that nobody writes',
    check: 'references',
    breaks: (it) => writes(it, web({}, { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] })),
    found: 'Deployment web needs PersistentVolumeClaim data',
    fix: 'get persistentvolumeclaims',
  },
  {
    what: 'a crash loop',
    check: 'workloads',
    breaks: (it) => {
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
    found: 'Deployment web in shop: 0/1 ready',
    fix: 'kubectl --context minikube -n shop logs web-1 -c web --previous',
  },
  {
    what: 'pods that Pod Security refuses',
    check: 'pod security',
    breaks: (it) =>
      add(
        it,
        event(
          'r1',
          'FailedCreate',
          'pods "web-1" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true',
          { kind: 'ReplicaSet', name: 'web-5' },
        ),
      ),
    found: 'pods of ReplicaSet web-5 in shop are refused',
    fix: 'pod-security.kubernetes.io/enforce=baseline',
  },
  {
    what: 'a volume that nobody makes',
    check: 'volumes',
    breaks: (it) =>
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
    found: 'volume data in shop is Pending',
    fix: 'get storageclasses',
  },
  {
    what: 'a volume that is full',
    check: 'volumes',
    breaks: (it) => {
      add(it, {
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data', namespace: 'shop' },
        status: { phase: 'Bound' },
      });
      const volume = [{ pvcRef: { name: 'data', namespace: 'shop' }, usedBytes: 98, capacityBytes: 100 }];
      put(it, 'stats.json', { pods: [{ volume }] });
    },
    found: 'volume data in shop is 98 % full',
    fix: 'patch persistentvolumeclaim data',
  },
  {
    what: 'a Secret of another run',
    check: 'secrets',
    breaks: (it) => {
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db', namespace: 'shop' } };
      writes(it, WEB, { ...secret, data: { password: 'bmV3', user: 'bWU=' } });
      add(it, { ...secret, data: { password: 'b2xk', user: 'bWU=' } });
    },
    found: 'Secret db in shop has other values than the program',
    fix: 'npm run up',
  },
  {
    what: 'a load balancer without an address',
    check: 'load balancers',
    breaks: (it) => {
      writes(it, WEB, service({ type: 'LoadBalancer' }));
      add(it, service({ type: 'LoadBalancer' }));
    },
    found: 'Service web in shop has no address yet',
    fix: 'minikube -p minikube tunnel',
  },
  {
    what: 'one port of a shared address for two',
    check: 'load balancers',
    breaks: (it) => {
      const metadata = { annotations: { 'metallb.io/allow-shared-ip': 'shop' } };
      writes(
        it,
        WEB,
        service({ type: 'LoadBalancer' }, metadata),
        service({ type: 'LoadBalancer' }, { ...metadata, name: 'api' }),
      );
    },
    found: 'Services web and api share an address and port 80/TCP',
    fix: 'another port',
  },
  {
    what: 'an address that nobody reaches',
    check: 'addresses',
    breaks: (it) => {
      writes(it, WEB, SERVICE);
      add(it, service({ ports: [{ port: 80, nodePort: 1 }] }), slice('web', 'shop'));
    },
    found: 'no address of web answers from here',
    fix: 'minikube -p minikube tunnel',
  },
  {
    what: 'no context',
    check: 'kubeconfig',
    breaks: (it) => it.plays('kubectl', 'case "$*" in *get-contexts*) echo production ;; esac'),
    found: "the kubeconfig has no context 'minikube'",
    fix: 'minikube -p minikube update-context',
  },
  {
    what: 'a kubeconfig that is no YAML',
    check: 'kubeconfig',
    breaks: (it) => it.plays('kubectl', "echo 'error: error loading config file: yaml: line 1: no node' >&2; exit 1"),
    found: 'the kubeconfig cannot be read',
    fix: 'mend it, or move it away',
  },
  {
    what: 'an API that no kubeconfig leads to',
    check: 'api',
    breaks: (it) => it.plays('kubectl', "echo 'error: error loading config file: yaml: line 1: no node' >&2; exit 1"),
    found: "the cluster's API does not answer",
    fix: 'mend the kubeconfig',
  },
  {
    what: 'a context that leads elsewhere',
    check: 'kubeconfig',
    breaks: (it) =>
      it.plays('minikube', `echo '{"Host":"Running","APIServer":"Running","Kubeconfig":"Misconfigured"}'`),
    found: "context 'minikube' points to https://127.0.0.1:1",
    fix: 'minikube -p minikube update-context',
  },
  {
    what: 'an API that does not answer',
    check: 'api',
    breaks: (it) => it.plays('kubectl', "echo 'The connection to the server was refused'; exit 1"),
    found: "the cluster's API does not answer",
    fix: 'minikube -p minikube start',
  },
  {
    what: 'certificates that the API has renewed',
    check: 'api',
    breaks: (it) => it.plays('kubectl', "echo 'x509: certificate signed by unknown authority'; exit 1"),
    found: "the cluster's API does not answer",
    fix: 'update-context',
  },
  {
    what: 'a minikube that is stopped',
    check: 'profile',
    breaks: (it) => it.plays('minikube', `echo '{"Host":"Stopped","APIServer":"Stopped"}'; exit 7`),
    found: 'minikube is stopped',
    fix: 'minikube -p minikube start',
  },
  {
    what: 'a minikube that is paused',
    check: 'profile',
    breaks: (it) => it.plays('minikube', `echo '{"Host":"Running","APIServer":"Paused"}'`),
    found: 'minikube is paused',
    fix: 'minikube -p minikube unpause',
  },
  {
    what: "a node's docker that does not answer",
    check: 'docker-env',
    breaks: (it) =>
      it.plays('docker', "echo 'x509: certificate is valid for 192.168.49.2, not 192.168.49.3' >&2; exit 1"),
    found: "the node's docker does not answer",
    fix: 'minikube -p minikube stop && minikube -p minikube start',
  },
  {
    what: 'a docker that does not run',
    check: 'docker',
    breaks: (it) =>
      it.plays('docker', "echo 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock' >&2; exit 1"),
    found: 'docker is not running',
    fix: 'start Docker Desktop',
  },
  {
    what: 'a DOCKER_HOST that leads nowhere',
    check: 'docker',
    breaks: (it) => {
      it.plays('docker', "echo 'dial tcp 192.168.49.77:2376: connect: no route to host' >&2; exit 1");
      it.variables.DOCKER_HOST = 'tcp://192.168.49.77:2376';
    },
    found: 'docker does not answer',
    fix: 'unset DOCKER_HOST',
  },
  {
    what: 'a docker that one may not use',
    check: 'docker',
    breaks: (it) =>
      it.plays('docker', "echo 'permission denied while trying to connect to the Docker daemon socket' >&2; exit 1"),
    found: 'you may not use docker',
    fix: 'usermod -aG docker',
  },
  {
    what: 'a tool that is missing',
    check: 'tools',
    breaks: (it) => unlinkSync(join(it.folder, 'bin', 'kubectl')),
    found: 'kubectl is not on PATH',
    fix: 'https://kubernetes.io/docs/tasks/tools/',
  },
  {
    what: 'a proxy for the node',
    check: 'proxy',
    breaks: (it) =>
      Object.assign(it.variables, { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'localhost,10.0.0.0/8' }) &&
      put(it, 'kubeconfig.json', { clusters: [{ cluster: { server: 'https://192.168.49.2:8443' } }] }),
    found: 'HTTPS_PROXY is set, and NO_PROXY does not except 192.168.49.2',
    fix: 'export NO_PROXY="${NO_PROXY:+$NO_PROXY,}192.168.49.2"',
  },
  {
    what: 'line endings of Windows',
    check: 'line endings',
    breaks: (it) => {
      mkdirSync(join(it.folder, 'dockerfiles', 'web'), { recursive: true });
      writeFileSync(join(it.folder, 'dockerfiles', 'web', 'entrypoint.sh'), '#!/bin/sh\r\n');
    },
    found: 'web/entrypoint.sh in dockerfiles/ has the line endings of Windows',
    fix: 'git config core.autocrlf input',
  },
  {
    what: 'credentials that all can read',
    check: 'credentials',
    breaks: (it) => credentials(it, '{}', 0o644),
    found: '.credentials.json can be read by others',
    fix: 'chmod 600 .credentials.json',
  },
  {
    what: 'credentials that are damaged',
    check: 'credentials',
    breaks: (it) => credentials(it, '{"web":', 0o600),
    found: '.credentials.json is damaged',
    fix: 'restore it from a copy',
  },
  {
    what: 'credentials that are lost',
    check: 'credentials',
    breaks: (it) => {
      const data = { password: Buffer.from('placeholder of db password').toString('base64') };
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db', namespace: 'shop' } };
      writes(it, WEB, { ...secret, data });
      add(it, { ...secret, data: { password: 'b2xk' } });
    },
    found: 'the file of the credentials is missing',
    fix: 'restore the file from a copy',
  },
  {
    what: 'an app that fails',
    check: 'synthesis',
    breaks: (it) => writeFileSync(join(it.folder, 'cdk8s.yaml'), 'app: "exit 3"\n'),
    found: 'the app of cdk8s.yaml fails',
    fix: 'npm run plan',
  },
];

export const WARNINGS: Case[] = [
  {
    what: 'a kubectl that is old',
    check: 'kubectl version',
    breaks: (it) => put(it, 'version.json', { clientVersion: { minor: '31' }, serverVersion: { minor: '34' } }),
    found: 'kubectl is 3 minor versions away from the cluster',
    fix: 'install kubectl 1.34',
  },
  {
    what: 'a shell that was given to minikube',
    check: 'shell',
    breaks: (it) => Object.assign(it.variables, { MINIKUBE_ACTIVE_DOCKERD: 'minikube' }),
    found: "this shell's docker is that of minikube's profile 'minikube'",
    fix: 'docker-env --unset',
  },
  {
    what: 'an image without a version',
    check: 'versions',
    breaks: (it) => writes(it, web({ image: 'nginx:latest' })),
    found: 'container web of Deployment web runs nginx:latest',
    fix: 'name a version',
  },
  {
    what: 'an image without a tag at a registry with a port',
    check: 'versions',
    breaks: (it) => writes(it, web({ image: 'registry:5000/nginx' })),
    found: 'runs registry:5000/nginx, which names no version',
    fix: 'registry:5000/nginx:1.2.3',
  },
  {
    what: 'a Service that selects nothing',
    check: 'selectors',
    breaks: (it) => writes(it, WEB, service({ selector: { app: 'wbe' } })),
    found: 'Service web selects no pod of the program',
    fix: 'the labels of the pods',
  },
  {
    what: 'an image that a service wants which was left out',
    check: 'images',
    breaks: (it) =>
      writes(it, WEB, {
        ...web({ image: 'cdk8s-services/grafana:ffffffffffff' }),
        metadata: { name: 'grafana', namespace: 'shop' },
      }),
    found: 'image cdk8s-services/grafana:ffffffffffff is not on the node',
    fix: 'npm run up',
  },
  {
    what: 'a volume of one node for several pods',
    check: 'shared volumes',
    breaks: (it) =>
      writes(
        it,
        {
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'data', namespace: 'shop' },
          spec: { accessModes: ['ReadWriteOnce'] },
        },
        web({}, { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] }, { replicas: 2 }),
      ),
    found: 'Deployment web has 2 replicas, and volume data is for one node at a time',
    fix: 'ReadWriteMany',
  },
  {
    what: 'two default storage classes',
    check: 'storage classes',
    breaks: (it) => {
      writes(it, { kind: 'PersistentVolumeClaim', metadata: { name: 'd', namespace: 'shop' }, spec: {} });
      add(it, { ...CLASS, metadata: { ...CLASS.metadata, name: 'fast' } });
    },
    found: '2 StorageClasses say that they are the default',
    fix: 'annotate storageclass',
  },
  {
    what: 'a container that was restarted often',
    check: 'workloads',
    breaks: (it) => {
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
    found: 'container web of web-1 was restarted 9 times',
    fix: 'logs web-1 -c web --previous',
  },
  {
    what: 'a quota that is nearly used',
    check: 'quotas',
    breaks: (it) =>
      add(it, {
        kind: 'ResourceQuota',
        metadata: { name: 'small', namespace: 'shop' },
        status: { hard: { 'requests.memory': '1Gi' }, used: { 'requests.memory': '1000Mi' } },
      }),
    found: 'quota small in shop: 1000Mi of 1Gi requests.memory are used',
    fix: 'edit resourcequota small',
  },
  {
    what: 'an up that was killed',
    check: 'lock',
    breaks: (it) =>
      add(it, {
        kind: 'Lease',
        metadata: { name: 'cdk8s-services.shop', namespace: 'shop' },
        spec: { holderIdentity: 'ann@laptop:4242', renewTime: ago(5), leaseDurationSeconds: 30 },
      }),
    found: 'ann@laptop:4242 stopped in the middle',
    fix: 'npm run up, which takes over',
  },
  {
    what: 'an annotation of an old MetalLB',
    check: 'load balancers',
    breaks: (it) =>
      writes(
        it,
        WEB,
        service({ type: 'LoadBalancer' }, { annotations: { 'metallb.universe.tf/address-pool': 'shop' } }),
      ),
    found: 'Service web has an annotation of metallb.universe.tf',
    fix: 'metallb.io/',
  },
];
