import { ApiObject, type Chart } from 'cdk8s';
import { get } from './kubectl';

/** An object as it is written. */
export function object(chart: Chart, apiVersion: string, kind: string, name: string, rest: object = {}): void {
  new ApiObject(chart, `${kind}-${name}`, { apiVersion, kind, metadata: { name }, ...rest } as never);
}

/** An image that is on the node for sure, as it runs there: what a workload that only sleeps is made of. */
export async function anyImage(): Promise<string> {
  const { spec } = await get(['deployment', 'nginx']);
  return spec.template.spec.containers[0].image;
}

export interface SleeperOptions {
  readonly image: string;
  /** What changes with the program. */
  readonly version: string;
  /** Seconds until it is ready. */
  readonly delay?: number;
}

/** A Deployment of a container that does nothing. */
export function sleeper(chart: Chart, name: string, options: SleeperOptions): void {
  const labels = { app: name };
  object(chart, 'apps/v1', 'Deployment', name, {
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podOf(options) } },
  });
}

/** A StatefulSet of such a container, with a volume on which it notes each of its starts. */
export function store(chart: Chart, name: string, options: SleeperOptions): void {
  const labels = { app: name };
  object(chart, 'v1', 'Service', name, { spec: { clusterIP: 'None', selector: labels, ports: [{ port: 80 }] } });
  const spec = podOf(options, [{ name: 'data', mountPath: '/data' }]);
  object(chart, 'apps/v1', 'StatefulSet', name, {
    spec: {
      serviceName: name,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
        },
      ],
    },
  });
}

function podOf({ image, version, delay }: SleeperOptions, volumeMounts: object[] = []): object {
  const start = volumeMounts.length > 0 ? 'echo started >>/data/starts; ' : '';
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 1,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 10001,
      fsGroup: 10001,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: 'sleeper',
        image,
        imagePullPolicy: 'IfNotPresent',
        command: ['sh', '-c', `${start}exec sleep infinity`],
        env: [{ name: 'VERSION', value: version }],
        ...(delay === undefined
          ? {}
          : { readinessProbe: { exec: { command: ['true'] }, initialDelaySeconds: delay, periodSeconds: 1 } }),
        volumeMounts,
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
  };
}
