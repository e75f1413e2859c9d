import { spread } from '../constructs/private/availability';
import { type Amounts, containersOf } from './amounts';
import { Choice, Expression, type Node } from './nodes';
import { instanceOf, type Manifest, type Variant } from './variant';

const HASH = 'cdk8s-services/content-hash';
/** Those of which several pods can run. phpMyAdmin would need a shared volume for its sessions. */
const SCALABLE = ['nginx', 'wordpress'];

/** Has images, resources, replicas, and the hash of what pods mount follow from the values. */
export function chooseInWorkload(manifest: Manifest, variant: Variant, amounts: Amounts): void {
  const instance = instanceOf(manifest);
  const { spec } = manifest;
  const pod = spec.template.spec;
  for (const container of containersOf(manifest)) {
    chooseImage(container);
    container.resources = amounts.of(manifest, container.name);
  }
  const pullSecrets = '.Values.image.pullSecrets';
  pod.imagePullSecrets = new Choice(pullSecrets, new Expression(`toJson ${pullSecrets}`));
  spec.template.metadata.annotations[HASH] = new Expression(contentHash(instance, pod.volumes, variant));
  if (SCALABLE.includes(instance)) {
    scale(instance, manifest);
  }
}

/** Has the size and the class of a volume follow from the values. */
export function chooseInClaim(instance: string, spec: Manifest['spec']): void {
  const shareable = instance === 'wordpress';
  const common = '.Values.storageClass';
  const storageClass = shareable ? `(.Values.wordpress.storageClass | default ${common})` : common;
  spec.resources.requests.storage = new Expression(`.Values.${instance}.size | quote`);
  spec.storageClassName = new Choice(storageClass, new Expression(`${storageClass} | quote`));
  if (shareable) {
    spec.accessModes = [new Expression('.Values.wordpress.accessMode')];
  }
}

function chooseImage(container: { image: Node; imagePullPolicy: Node }): void {
  const [, service, tag] = /^cdk8s-services\/([a-z]+):([0-9a-f]{12})$/.exec(`${container.image}`) ?? [];
  if (service === undefined) {
    throw new Error(`'${container.image}' is no image of ours`);
  }
  container.image = new Expression(`include "cdk8s-services.image" (list . "${service}" "${tag}") | quote`);
  container.imagePullPolicy = new Expression('include "cdk8s-services.pullPolicy" .');
}

/** One short hash of what these pods mount and would not read again. */
function contentHash(instance: string, volumes: Manifest['spec'][], { manifests, secrets }: Variant): string {
  const configs = manifests.filter((other) => other.kind === 'ConfigMap' && instanceOf(other) === instance);
  const own = configs.map(({ metadata }) => metadata.name).sort();
  const mounted: string[] = volumes.flatMap(({ configMap }) => configMap?.name ?? []);
  if (own.join() !== [...new Set(mounted)].sort().join()) {
    throw new Error(`${instance}: its ConfigMaps are ${own}, but it mounts ${mounted}`);
  }
  const names: string[] = volumes.flatMap(({ secret }) => secret?.secretName ?? []);
  const read = [...new Set(names)].filter((name) => secrets.get(name)?.values !== undefined);
  const file = own.length > 0 ? `${instance}/configmap.yaml` : '';
  return `include "cdk8s-services.hash" (list . "${file}" (list ${read.map((name) => `"${name}"`).join(' ')})) | quote`;
}

/** The same that `replicas`, `autoscaling` and `Storage.shared` change. */
function scale(instance: string, { spec }: Manifest): void {
  const replicas = `.Values.${instance}.replicas`;
  const most = `max (int ${replicas}) (int ${scaling(instance)}.max)`;
  const pod = spec.template.spec;
  const constraints = spread(spec.selector.matchLabels);
  spec.replicas = new Choice(`${scaling(instance)}.max`, undefined, new Expression(replicas));
  pod.topologySpreadConstraints = new Choice(`gt (${most}) 1`, constraints as unknown as Node);
  if (pod.affinity !== undefined) {
    pod.affinity = new Choice(`eq .Values.${instance}.accessMode "ReadWriteOnce"`, pod.affinity);
  }
}

/** Has a scaler's numbers follow from the values. */
export function chooseInScaler(instance: string, spec: Manifest['spec']): void {
  const value = (name: string) => `${scaling(instance)}.${name}`;
  spec.minReplicas = new Expression(value('min'));
  spec.maxReplicas = new Expression(value('max'));
  spec.metrics = spec.metrics.map((metric: Manifest['spec']) => {
    const { name, target } = metric.resource;
    target.averageUtilization = new Expression(value(name));
    return name === 'memory' ? new Choice(value(name), metric) : metric;
  });
}

/** The values of a service's scaler. Without a `max` there is none. */
export function scaling(instance: string): string {
  return `.Values.${instance}.autoscaling`;
}
