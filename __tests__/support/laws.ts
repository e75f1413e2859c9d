import { SynthesizedApp } from '../../constructs/manifest/app';
import { isKind } from '../../constructs/manifest/kinds';
import { nameOf as nameOfObject, objectsIn, selects } from '../../constructs/manifest/objects';
import { WITH_PODS } from '../../constructs/manifest/pods';
import { check } from '../../constructs/policy/check';
import type { Manifest } from './app';
import { KUBERNETES_VERSIONS, schemaErrors } from './schema';

/** What must hold for everything that an app writes: each law lists those who break it. */
export const laws: { readonly [law: string]: (manifests: Manifest[]) => string[] } = {
  'refers to nothing that is not there': danglingReferences,
  'has one object of a kind and name': duplicates,
  'has names and labels that Kubernetes accepts': invalidNames,
  'waits for the start of every container': missingStartupProbes,
  'keeps secrets in Secrets': leakedSecrets,
  'keeps the policy, without an exception': policyViolations,
  'is valid for the oldest and the newest Kubernetes': invalidObjects,
};

const jobs = ['Job', 'CronJob'];

const nameOf = ({ kind, metadata }: Manifest) => `${kind}/${metadata.name}`;
const podsOf = (manifests: Manifest[]) =>
  manifests
    .filter((manifest) => isKind(manifest, ...WITH_PODS))
    .map((manifest) => {
      const { template = manifest.spec.jobTemplate?.spec.template } = manifest.spec;
      return { name: nameOf(manifest), manifest, template };
    });

function danglingReferences(manifests: Manifest[]): string[] {
  const inNamespaceOf = (by: Manifest, kind: string, name: string) =>
    manifests.some(
      (other) =>
        other.kind === kind && other.metadata.name === name && other.metadata.namespace === by.metadata.namespace,
    );
  const missing: string[] = [];
  const need = (by: Manifest, kind: string, name: string) => {
    if (!inNamespaceOf(by, kind, name)) {
      missing.push(`${nameOf(by)} needs ${kind}/${name}`);
    }
  };
  const secrets = secretsOf(manifests);
  const needSecret = (by: Manifest, name: string, keys: string[]) => {
    const found = secrets.find((secret) => secret.name === name && secret.namespace === by.metadata.namespace);
    const lacking = keys.filter((key) => found && !found.keys.includes(key));
    missing.push(
      ...(found ? [] : [`${nameOf(by)} needs Secret/${name}`]),
      ...lacking.map((key) => `${nameOf(by)} needs key ${key} of Secret/${name}`),
    );
  };
  const templates = podsOf(manifests).map(({ manifest, template }) => ({
    ...template,
    namespace: manifest.metadata.namespace,
  }));
  for (const { manifest, template } of podsOf(manifests)) {
    const { spec } = template;
    const claims = (manifest.spec.volumeClaimTemplates ?? []).map((claim: any) => claim.metadata.name);
    const volumes = [...claims, ...(spec.volumes ?? []).map((volume: any) => volume.name)];
    for (const volume of spec.volumes ?? []) {
      if (volume.configMap) need(manifest, 'ConfigMap', volume.configMap.name);
      if (volume.secret) {
        const keys = (volume.secret.items ?? []).map((item: any) => item.key);
        needSecret(manifest, volume.secret.secretName, keys);
      }
      if (volume.persistentVolumeClaim) need(manifest, 'PersistentVolumeClaim', volume.persistentVolumeClaim.claimName);
    }
    if (spec.serviceAccountName) need(manifest, 'ServiceAccount', spec.serviceAccountName);
    if (manifest.kind === 'StatefulSet') need(manifest, 'Service', manifest.spec.serviceName);
    const { selector } = manifest.spec;
    if (selector && !selects(selector, template.metadata.labels))
      missing.push(`${nameOf(manifest)} does not select its pods`);
    for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
      const ports = (container.ports ?? []).map((port: any) => port.name);
      for (const mount of container.volumeMounts ?? []) {
        if (!volumes.includes(mount.name)) missing.push(`${nameOf(manifest)} mounts ${mount.name}`);
      }
      for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
        const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port;
        if (typeof port === 'string' && !ports.includes(port)) missing.push(`${nameOf(manifest)} probes port ${port}`);
      }
    }
  }
  for (const manifest of manifests) {
    const { namespace } = manifest.metadata;
    const selected = (selector: { [label: string]: string }) =>
      templates.filter(
        (template) => template.namespace === namespace && selects({ matchLabels: selector }, template.metadata.labels),
      );
    if (manifest.kind === 'Service') {
      const pods = selected(manifest.spec.selector);
      // several servers of one database count once
      const services = new Set(pods.map((pod) => pod.metadata.labels['cdk8s-services/servers-of'] ?? pod));
      if (services.size !== 1) missing.push(`${nameOf(manifest)} selects the pods of ${services.size} services`);
      const named = pods
        .flatMap((pod) => pod.spec.containers.flatMap((c: any) => c.ports ?? []))
        .map((port: any) => port.name);
      for (const { targetPort } of manifest.spec.ports) {
        if (typeof targetPort === 'string' && !named.includes(targetPort))
          missing.push(`${nameOf(manifest)} needs port ${targetPort}`);
      }
    }
    if (manifest.kind === 'NetworkPolicy') {
      const peers = [...(manifest.spec.ingress ?? []), ...(manifest.spec.egress ?? [])].flatMap(
        (rule: any) => rule.from ?? rule.to ?? [],
      );
      const own = peers
        .filter((peer: any) => peer.podSelector && !peer.namespaceSelector)
        .map((peer: any) => peer.podSelector);
      for (const { matchLabels } of [manifest.spec.podSelector, ...own]) {
        if (matchLabels && selected(matchLabels).length === 0) missing.push(`${nameOf(manifest)} selects no pods`);
      }
    }
    if (manifest.kind === 'Ingress') {
      for (const path of manifest.spec.rules.flatMap((rule: any) => rule.http.paths)) {
        need(manifest, 'Service', path.backend.service.name);
      }
      for (const { secretName } of manifest.spec.tls ?? []) {
        needSecret(manifest, secretName, ['tls.crt', 'tls.key']);
      }
    }
    if (manifest.kind === 'HTTPRoute') {
      for (const { name } of manifest.spec.rules.flatMap((rule: any) => rule.backendRefs)) {
        need(manifest, 'Service', name);
      }
    }
    if (manifest.kind === 'HorizontalPodAutoscaler') {
      need(manifest, manifest.spec.scaleTargetRef.kind, manifest.spec.scaleTargetRef.name);
    }
    if (manifest.kind.endsWith('RoleBinding')) {
      const { kind, name } = manifest.roleRef;
      if (!manifests.some((other) => other.kind === kind && other.metadata.name === name))
        missing.push(`${nameOf(manifest)} needs ${kind}/${name}`);
    }
  }
  return missing;
}

/** The Secrets that are written, and those that controllers make of what is written. */
export function secretsOf(manifests: Manifest[]): { name: string; namespace?: string; keys: string[] }[] {
  return manifests.flatMap(({ kind, metadata: { name, namespace }, data, spec }) => {
    switch (kind) {
      case 'Secret':
        return [{ name, namespace, keys: Object.keys(data) }];
      case 'Certificate':
        return [{ name: spec.secretName, namespace, keys: ['tls.crt', 'tls.key'] }];
      case 'ExternalSecret':
        return [{ name, namespace, keys: spec.data.map(({ secretKey }: { secretKey: string }) => secretKey) }];
      case 'SealedSecret':
        return [{ name, namespace, keys: Object.keys(spec.encryptedData) }];
      default:
        return [];
    }
  });
}

function duplicates(manifests: Manifest[]): string[] {
  const names = manifests.map((manifest) => `${nameOf(manifest)} in ${manifest.metadata.namespace}`);
  return names.filter((name, index) => names.indexOf(name) !== index);
}

function invalidNames(manifests: Manifest[]): string[] {
  const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
  const service = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;
  const label = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
  return manifests.flatMap((manifest) => {
    const { name, labels = {} } = manifest.metadata;
    const podLabels = manifest.spec?.template?.metadata?.labels ?? {};
    const wrong = [...Object.values<string>(labels), ...Object.values<string>(podLabels)].filter(
      (value) => !label.test(value),
    );
    const portNames = (manifest.spec?.ports ?? [])
      .map((port: any) => port.name)
      .filter((port: any) => port && !/^[a-z0-9-]{1,63}$/.test(port));
    const fits = name.length <= 253 && subdomain.test(name) && (manifest.kind !== 'Service' || service.test(name));
    return [
      ...(fits ? [] : [nameOf(manifest)]),
      ...[...wrong, ...portNames].map((value) => `${nameOf(manifest)}: ${value}`),
    ];
  });
}

function missingStartupProbes(manifests: Manifest[]): string[] {
  const lasting = podsOf(manifests).filter(({ manifest }) => !jobs.includes(manifest.kind));
  return lasting.flatMap(({ name, template }) =>
    template.spec.containers
      .filter(({ startupProbe }: any) => !startupProbe)
      .map((container: any) => `${name} ${container.name}`),
  );
}

/** Placeholders say of themselves what they are, so that they are found wherever they end up. */
function leakedSecrets(manifests: Manifest[]): string[] {
  return manifests
    .filter(({ kind }) => kind !== 'Secret')
    .filter((manifest) => /placeholder of/.test(JSON.stringify(manifest)))
    .map(nameOf);
}

/** What `cdk8s synth` would refuse, and what it would have to be told to accept. */
function policyViolations(manifests: Manifest[]): string[] {
  const { violations, exceptions } = check(new SynthesizedApp(objectsIn(manifests)));
  return [
    ...violations.flatMap(({ rule, findings }) =>
      findings.map(({ object, text }) => `${rule.name}: ${nameOfObject(object)}: ${text}`),
    ),
    ...exceptions.map(({ object, rule }) => `${rule}: ${nameOfObject(object)} is excepted`),
  ];
}

function invalidObjects(manifests: Manifest[]): string[] {
  return KUBERNETES_VERSIONS.flatMap((version) =>
    manifests.flatMap((manifest) => schemaErrors(manifest, version).map((error) => `${version} ${error}`)),
  );
}
