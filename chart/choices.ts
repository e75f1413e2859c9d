import type { Amounts } from './amounts';
import { presence, presenceOfAny } from './conditions';
import { Choice, Expression, type Fields, isFields, type Node, Text } from './nodes';
import type { StandIns } from './stand-ins';
import { instanceOf, type Manifest, type Variant } from './variant';
import { chooseInClaim, chooseInScaler, chooseInWorkload, scaling } from './workloads';

const SCALER = 'HorizontalPodAutoscaler';
const MANAGED_BY = 'app.kubernetes.io/managed-by';
const KEEP = { 'helm.sh/resource-policy': 'keep' };
/** What is left out, by its key, where a value is empty. */
const LEFT_OUT: { readonly [key: string]: string } = {
  ingressClassName: '.Values.ingress.className',
  from: '.Values.ingress.controllerNamespace',
};

/** The objects and Secrets of one variant, with choices where values decide by themselves. */
export function withChoices(
  variant: Variant,
  standIns: StandIns,
  amounts: Amounts,
): { manifests: Fields; secrets: Fields } {
  const { manifests, secrets } = variant;
  for (const manifest of manifests) {
    choose(manifest, variant, amounts);
  }
  const objects = manifests.map((manifest): [string, Node] => {
    const instance = instanceOf(manifest);
    const node = general(manifest as unknown as Node, standIns);
    const isScaler = manifest.kind === SCALER;
    return [
      `${instance}/${manifest.kind}/${manifest.metadata.name}`,
      isScaler ? new Choice(`${scaling(instance)}.max`, node) : node,
    ];
  });
  const wanted = [...secrets].map(([name, secret]): [string, Node] => {
    const condition = conditionOfSecret(name, manifests);
    const node = general(secret, standIns);
    return [name, condition === undefined ? node : new Choice(condition, node)];
  });
  return { manifests: Object.fromEntries(objects), secrets: Object.fromEntries(wanted) };
}

function choose(manifest: Manifest, variant: Variant, amounts: Amounts): void {
  const { kind, metadata, spec } = manifest;
  const instance = instanceOf(manifest);
  if (kind === 'Deployment' || kind === 'StatefulSet') {
    chooseInWorkload(manifest, variant, amounts);
    for (const claim of spec.volumeClaimTemplates ?? []) {
      chooseInClaim(instance, claim.spec);
    }
  }
  if (kind === 'PersistentVolumeClaim') {
    chooseInClaim(instance, spec);
    metadata.annotations = KEEP;
  }
  if (kind === SCALER) {
    chooseInScaler(instance, spec);
  }
  if (kind === 'Ingress') {
    const annotations = '.Values.ingress.annotations';
    metadata.annotations = new Choice(annotations, new Expression(`toJson ${annotations}`));
  }
  if (kind === 'ConfigMap' && metadata.name === 'telegraf') {
    manifest.data['telegraf.conf'] = inputs(manifest.data['telegraf.conf']);
  }
}

/** Telegraf's configuration, in which the inputs of services that are left out are left out. */
function inputs(config: string): Text {
  const parts = config.split(/\n(?=\[\[)/);
  return new Text(
    parts.map((part, index) => {
      const service = /\nalias = "(.*)"\n/.exec(part)?.[1];
      return { text: index === 0 ? part : `\n${part}`, condition: service && presence(service) };
    }),
  );
}

/** A Secret is there for those who mount it, and for whom an ingress controller speaks TLS. */
function conditionOfSecret(name: string, manifests: Manifest[]): string | undefined {
  const reads = ({ kind, spec }: Manifest) =>
    kind === 'Ingress'
      ? spec.tls?.some((tls: { secretName: string }) => tls.secretName === name)
      : spec?.template?.spec.volumes?.some(
          (volume: { secret?: { secretName: string } }) => volume.secret?.secretName === name,
        );
  return presenceOfAny(manifests.filter(reads).map(instanceOf));
}

/** What holds for every object alike. */
function general(node: Node, standIns: StandIns): Node {
  if (Array.isArray(node)) {
    return node.map((item) => general(item, standIns));
  }
  if (node instanceof Choice) {
    return new Choice(
      node.condition,
      node.met && general(node.met, standIns),
      node.unmet && general(node.unmet, standIns),
    );
  }
  if (!isFields(node)) {
    return node;
  }
  const fields = Object.entries(node).map(([key, value]): [string, Node] => {
    const condition = LEFT_OUT[key];
    const leftOut = condition !== undefined && standIns.has(JSON.stringify(value), condition);
    const changed = key === MANAGED_BY ? 'Helm' : general(value, standIns);
    return [key, leftOut ? new Choice(condition, changed) : changed];
  });
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}
