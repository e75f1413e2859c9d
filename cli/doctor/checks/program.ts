import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isKind } from '../../../constructs/manifest/kinds';
import { selects } from '../../../constructs/manifest/objects';
import { containersOf, type LiveObject, namespaceIn, ofKind, type Pods, type Program, podsOf } from '../../app/objects';
import { called, groupKindOf } from '../../cluster/object';
import { counted } from '../../terminal/words';
import { type Check, type Finding, failed, some, warning } from '../check';
import type { Facts } from '../facts';
import { NotChecked } from '../not-checked';

export const program: Check = {
  name: 'synthesis',
  async run(facts) {
    const { folder, invocation } = facts.session;
    if (!existsSync(join(folder, 'cdk8s.yaml'))) {
      throw new NotChecked(`there is no cdk8s.yaml in ${folder}`);
    }
    try {
      const { objects, namespaces } = await facts.program();
      return { text: `${counted(objects.length, 'object')} in ${some(namespaces)}` };
    } catch (error) {
      if (!(error instanceof NotChecked)) {
        throw error;
      }
      const why = 'what the program would run cannot be checked';
      return { text: '', findings: [failed(error.message, why, `see why: ${invocation.other('plan', [])}`)] };
    }
  },
};

interface Port {
  readonly name?: string;
  readonly port?: number;
  readonly targetPort?: number | string;
}

/** A Service whose selector or port matches nothing answers nobody. */
export const serviceSelectors: Check = {
  name: 'selectors',
  async run(facts) {
    const program = await facts.program();
    const pods = podsOf(program);
    const services = ofKind(program.objects, 'Service').filter(({ spec }) => spec?.selector);
    const findings = services.flatMap((service): Finding[] => {
      const beside = pods.filter(({ namespace }) => namespace === namespaceIn(program, service));
      const wanted = Object.entries(service.spec?.selector ?? {});
      const selected = beside.filter(({ labels }) => selects({ matchLabels: service.spec?.selector }, labels));
      if (selected.length === 0) {
        return [
          warning(
            `${called(service)} selects no pod of the program`,
            `no pod template has ${wanted.map(([label, value]) => `${label}=${value}`).join(',')}; without one it answers nobody`,
            "give it the labels of the pods, as the workload's selector has them",
          ),
        ];
      }
      const names = selected.flatMap(({ spec }) =>
        containersOf(spec).flatMap(({ ports = [] }) => ports.flatMap(({ name }) => name ?? [])),
      );
      return ((service.spec?.ports ?? []) as Port[])
        .filter(
          ({ targetPort }) =>
            typeof targetPort === 'string' && !/^\d+$/.test(targetPort) && !names.includes(targetPort),
        )
        .map(({ targetPort }) =>
          failed(
            `${called(service)} leads to port '${targetPort}', which no container has`,
            `they have ${names.join(', ') || 'no named port'}`,
            'use the name or the number of a port of the container',
          ),
        );
    });
    const text =
      services.length === 0
        ? 'the program has no Services'
        : `${counted(services.length, 'Service')}, and pods behind each`;
    return { text, findings };
  },
};

/** What pods mount or read must be written by the program, or be in the cluster already. */
export const references: Check = {
  name: 'references',
  async run(facts) {
    const program = await facts.program();
    const wanted = podsOf(program).flatMap((pods) => referencesOf(pods));
    const written = new Set(
      program.objects.map((object) => `${groupKindOf(object)} ${object.metadata.name} ${namespaceIn(program, object)}`),
    );
    const elsewhere = wanted.filter(({ kind, name, namespace }) => !written.has(`${kind} ${name} ${namespace}`));
    if (elsewhere.length === 0) {
      return { text: 'the program writes all that its pods refer to' };
    }
    const kinds = [...new Set(elsewhere.map(({ kind }) => kind))];
    const live = await Promise.all(kinds.map((kind) => facts.beside(PLURALS[kind])));
    const there = new Set(
      live.flat().map((object) => `${groupKindOf(object)} ${object.metadata.name} ${object.metadata.namespace}`),
    );
    const makers = makersOf(program);
    const missing = elsewhere.filter(
      ({ kind, name, namespace }) =>
        !there.has(`${kind} ${name} ${namespace}`) && !makers.has(`${kind} ${name} ${namespace}`),
    );
    const keyOf = ({ kind, name, namespace }: Reference) => `${kind} ${name} ${namespace}`;
    const findings = [...new Set(missing.map(keyOf))].map((key) => {
      const users = missing.filter((one) => keyOf(one) === key);
      const [{ kind, name, namespace }] = users as [Reference];
      const owners = [...new Set(users.map(({ owner }) => called(owner)))];
      const maker = kind === 'Secret' ? makerIn(program, namespace) : undefined;
      const what = `${some(owners)} need${owners.length > 1 ? '' : 's'} ${kind} ${name}, which is neither in the program nor in namespace ${namespace}`;
      const why = 'its pods wait in ContainerCreating or CreateContainerConfigError';
      return maker
        ? warning(
            what,
            `${why}, unless the program makes it: ${called(maker)} lets it create Secrets`,
            remedy(kind, name, namespace, facts),
          )
        : failed(what, why, remedy(kind, name, namespace, facts));
    });
    return { text: `${elsewhere.length} that the program does not write are in the cluster`, findings };
  },
};

const PLURALS = {
  Secret: 'secrets',
  ConfigMap: 'configmaps',
  PersistentVolumeClaim: 'persistentvolumeclaims',
  ServiceAccount: 'serviceaccounts',
} as const;

interface Reference {
  readonly kind: keyof typeof PLURALS;
  readonly name: string;
  readonly namespace: string;
  readonly owner: LiveObject;
}

function referencesOf({ owner, namespace, spec }: Pods): Reference[] {
  const to = (kind: Reference['kind'], name: string | undefined, optional?: boolean): Reference[] =>
    name === undefined || optional ? [] : [{ kind, name, namespace, owner }];
  return [
    ...(spec.volumes ?? []).flatMap(({ secret, configMap, persistentVolumeClaim, projected }) => [
      ...to('Secret', secret?.secretName, secret?.optional),
      ...to('ConfigMap', configMap?.name, configMap?.optional),
      ...to('PersistentVolumeClaim', persistentVolumeClaim?.claimName),
      ...(projected?.sources ?? []).flatMap(({ secret, configMap }) => [
        ...to('Secret', secret?.name, secret?.optional),
        // every namespace has it
        ...to('ConfigMap', configMap?.name === 'kube-root-ca.crt' ? undefined : configMap?.name, configMap?.optional),
      ]),
    ]),
    ...containersOf(spec).flatMap(({ env = [], envFrom = [] }) => [
      ...env.flatMap(({ valueFrom: { secretKeyRef, configMapKeyRef } = {} }) => [
        ...to('Secret', secretKeyRef?.name, secretKeyRef?.optional),
        ...to('ConfigMap', configMapKeyRef?.name, configMapKeyRef?.optional),
      ]),
      ...envFrom.flatMap(({ secretRef, configMapRef }) => [
        ...to('Secret', secretRef?.name, secretRef?.optional),
        ...to('ConfigMap', configMapRef?.name, configMapRef?.optional),
      ]),
    ]),
    ...to('ServiceAccount', spec.serviceAccountName === 'default' ? undefined : spec.serviceAccountName),
  ];
}

/** The Secrets that controllers make of objects of the program. */
function makersOf(program: Program): Set<string> {
  const made = program.objects.flatMap((object) => {
    const name: string | undefined = isKind(object, 'Certificate')
      ? object.spec?.secretName
      : isKind(object, 'ExternalSecret')
        ? (object.spec?.target?.name ?? object.metadata.name)
        : isKind(object, 'SealedSecret')
          ? (object.spec?.template?.metadata?.name ?? object.metadata.name)
          : undefined;
    return name === undefined ? [] : [`Secret ${name} ${namespaceIn(program, object)}`];
  });
  return new Set(made);
}

/** A role of the program by which a controller or a Job of it may make Secrets in a namespace. */
function makerIn(program: Program, namespace: string): LiveObject | undefined {
  const roles = ofKind(program.objects, 'Role', 'ClusterRole');
  return roles.find((role) => {
    const isHere = isKind(role, 'ClusterRole') || namespaceIn(program, role) === namespace;
    const rules = (role.rules ?? []) as readonly { readonly [field: string]: readonly string[] | undefined }[];
    const has = (values: readonly string[] | undefined, one: string) =>
      values?.some((value) => value === one || value === '*');
    return (
      isHere &&
      rules.some(
        ({ apiGroups, resources, verbs }) => has(apiGroups, '') && has(resources, 'secrets') && has(verbs, 'create'),
      )
    );
  });
}

function remedy(kind: string, name: string, namespace: string, facts: Facts): string {
  switch (kind) {
    case 'Secret':
      return `add a CredentialsFile to the app, or: ${facts.typed('-n', namespace, 'create', 'secret', 'generic', name, '--from-literal=<key>=<value>')}`;
    case 'ConfigMap':
      return facts.typed('-n', namespace, 'create', 'configmap', name, '--from-file=<file>');
    case 'ServiceAccount':
      return facts.typed('-n', namespace, 'create', 'serviceaccount', name);
    default:
      return `make it, or write it in the program: ${facts.typed('-n', namespace, 'get', `${kind.toLowerCase()}s`)}`;
  }
}
