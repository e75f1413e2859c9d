import { isKind } from '../../../constructs/manifest/kinds';
import { type LiveObject, namespaceIn, ofKind, type Program, podsOf } from '../../app/objects';
import { called } from '../../cluster/object';
import { counted, size } from '../../terminal/words';
import { type Check, type Finding, failed, some, warning } from '../check';
import type { Facts } from '../facts';

const DEFAULT = 'storageclass.kubernetes.io/is-default-class';
const [FULL, TOO_FULL] = [0.85, 0.95];

export const storageClasses: Check = {
  name: 'storage classes',
  async run(facts) {
    const claims = claimsOf(await facts.program());
    if (claims.length === 0) {
      return { text: 'the program asks for no volume' };
    }
    const classes = await facts.list('storageclasses');
    const names = classes.map(({ metadata }) => metadata.name);
    const defaults = classes.filter(({ metadata }) => metadata.annotations?.[DEFAULT] === 'true');
    const { profile } = facts.session;
    const unknown = claims.filter(({ storageClass }) => storageClass && !names.includes(storageClass));
    const findings: Finding[] = unknown.map(({ name, storageClass }) =>
      failed(
        `${name} wants StorageClass '${storageClass}', which is not there`,
        `the volume stays Pending; there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ') || 'none'}`,
        names.length > 0
          ? `use one of ${names.join(', ')}, or leave it out`
          : `minikube -p ${profile} addons enable storage-provisioner`,
      ),
    );
    const without = claims.filter(({ storageClass }) => storageClass === undefined);
    if (without.length > 0 && defaults.length === 0) {
      const mend =
        names.length > 0
          ? facts.typed('annotate', 'storageclass', names[0] ?? '', `${DEFAULT}=true`)
          : `minikube -p ${profile} addons enable default-storageclass`;
      findings.push(
        failed('there is no default StorageClass', `${some(without.map(({ name }) => name))} would stay Pending`, mend),
      );
    }
    if (defaults.length > 1) {
      const [newest, ...older] = [...defaults].sort((a, b) =>
        (a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? 1 : -1,
      );
      findings.push(
        warning(
          `${defaults.length} StorageClasses say that they are the default`,
          `the newest, ${newest?.metadata.name}, is taken`,
          facts.typed('annotate', 'storageclass', older[0]?.metadata.name ?? '', `${DEFAULT}-`),
        ),
      );
    }
    return {
      text: `${defaults[0]?.metadata.name ?? names.join(', ')}, for ${counted(claims.length, 'volume')}`,
      findings,
    };
  },
};

interface Claim {
  readonly name: string;
  readonly storageClass?: string;
}

/** Every claim of the program, and those that StatefulSets make. */
function claimsOf({ objects }: Program): Claim[] {
  const claims = [
    ...ofKind(objects, 'PersistentVolumeClaim').map((object) => ({ name: called(object), spec: object.spec })),
    ...ofKind(objects, 'StatefulSet').flatMap((set) =>
      ((set.spec?.volumeClaimTemplates ?? []) as LiveObject[]).map(({ metadata, spec }) => ({
        name: `'${metadata.name}' of ${called(set)}`,
        spec,
      })),
    ),
  ];
  return claims
    .filter(({ spec }) => spec?.volumeName === undefined && spec?.storageClassName !== '')
    .map(({ name, spec }) => ({ name, storageClass: spec?.storageClassName }));
}

export const volumes: Check = {
  name: 'volumes',
  async run(facts) {
    const claims = await facts.beside('persistentvolumeclaims');
    const events = await facts.beside('events');
    const classes = await facts.list('storageclasses').catch(() => []);
    const findings = claims
      .filter(({ status }) => status?.phase !== 'Bound')
      .flatMap((claim) => {
        const { name, namespace = 'default', uid } = claim.metadata;
        const said = events.filter(({ involvedObject }) => involvedObject?.uid === uid).at(-1);
        const waits = classes.find(({ metadata }) => metadata.name === claim.spec?.storageClassName)?.volumeBindingMode;
        if (waits === 'WaitForFirstConsumer' && /WaitForFirstConsumer/.test(said?.reason ?? 'WaitForFirstConsumer')) {
          return [];
        }
        return failed(
          `volume ${name} in ${namespace} is ${claim.status?.phase}`,
          said?.message ?? 'nothing has been heard of who would make it',
          claim.spec?.storageClassName === undefined || /not found/.test(said?.message ?? '')
            ? `give it a StorageClass that is there: ${facts.typed('get', 'storageclasses')}`
            : facts.typed('-n', namespace, 'describe', 'persistentvolumeclaim', name),
        );
      });
    const { known, findings: full } = await fullOf(facts, claims);
    const unknown = known > 0 ? '' : "; how full each is cannot be seen, as they share the node's disk";
    const text = claims.length === 0 ? 'there are none' : `${claims.length} bound${unknown}`;
    return { text, findings: [...findings, ...full] };
  },
};

interface Stats {
  readonly pods?: readonly {
    readonly volume?: readonly {
      readonly pvcRef?: { readonly name: string; readonly namespace: string };
      readonly usedBytes?: number;
      readonly capacityBytes?: number;
    }[];
  }[];
}

/** How full volumes are, as the kubelets say; of folders of the node they say nothing. */
async function fullOf(facts: Facts, claims: readonly LiveObject[]): Promise<{ known: number; findings: Finding[] }> {
  const nodes = await facts.list('nodes').catch(() => []);
  const stats = await Promise.all(
    nodes.map(({ metadata }) =>
      facts.raw<Stats>(`/api/v1/nodes/${metadata.name}/proxy/stats/summary`).catch(() => ({}) as Stats),
    ),
  );
  const known = stats
    .flatMap(({ pods = [] }) => pods.flatMap(({ volume = [] }) => volume))
    .filter(
      ({ pvcRef, capacityBytes }) =>
        capacityBytes &&
        claims.some(({ metadata }) => metadata.name === pvcRef?.name && metadata.namespace === pvcRef?.namespace),
    );
  const findings = known.flatMap(({ pvcRef, usedBytes = 0, capacityBytes = 1 }) => {
    const share = usedBytes / capacityBytes;
    if (share < FULL) {
      return [];
    }
    const what = `volume ${pvcRef?.name} in ${pvcRef?.namespace} is ${Math.floor(share * 100)} % full`;
    const claim = facts.typed('-n', pvcRef?.namespace ?? '', 'patch', 'persistentvolumeclaim', pvcRef?.name ?? '');
    const mend = `${claim} -p '{"spec":{"resources":{"requests":{"storage":"<more>"}}}}', where its StorageClass allows expansion`;
    return (share < TOO_FULL ? warning : failed)(
      what,
      `${size(usedBytes)} of ${size(capacityBytes)}; a database stops at the end`,
      mend,
    );
  });
  return { known: known.length, findings };
}

/** A volume for one node holds up replicas on another. */
export const sharedVolumes: Check = {
  name: 'shared volumes',
  async run(facts) {
    const program = await facts.program();
    const nodes = (await facts.list('nodes').catch(() => [])).length;
    const claims = new Map(
      ofKind(program.objects, 'PersistentVolumeClaim').map((claim) => [
        `${namespaceIn(program, claim)}/${claim.metadata.name}`,
        claim,
      ]),
    );
    const findings = podsOf(program)
      .filter(({ replicas, owner }) => replicas > 1 && !isKind(owner, 'StatefulSet'))
      .flatMap(({ owner, namespace, replicas, spec: { volumes: used = [] } }) =>
        used.flatMap(({ persistentVolumeClaim: { claimName } = { claimName: '' } }) => {
          const modes: readonly string[] = claims.get(`${namespace}/${claimName}`)?.spec?.accessModes ?? [
            'ReadWriteMany',
          ];
          if (modes.some((mode) => /Many$/.test(mode))) {
            return [];
          }
          const why =
            nodes > 1 ? 'pods on another node than the first stay in ContainerCreating' : 'all must stay on one node';
          return (nodes > 1 ? failed : warning)(
            `${called(owner)} has ${replicas} replicas, and volume ${claimName} is for one node at a time`,
            why,
            'use replicas: 1, or a volume of ReadWriteMany',
          );
        }),
      );
    return { text: 'no volume of one node has pods on several', findings };
  },
};
