import { type LiveObject, namespaceIn, ofKind, type Program } from '../app/objects';
import type { Edge, Node } from './model';
import type { Runner } from './services';

/** The volumes that outlive their pods, and who mounts them. */
export function volumesOf(program: Program, runners: readonly Runner[]): { nodes: Node[]; edges: Edge[] } {
  const nodes = new Map<string, Node>();
  const edges: Edge[] = [];
  for (const { node, pods } of runners) {
    const keep = (claim: LiveObject | undefined, name: string) => {
      const id = `${pods.namespace}/PersistentVolumeClaim/${name}`;
      nodes.set(id, { id, type: 'volume', name, about: sizeOf(claim), group: node.group });
      edges.push({ from: node.id, to: id, type: 'keeps', label: '' });
    };
    for (const { persistentVolumeClaim } of pods.spec.volumes ?? []) {
      if (persistentVolumeClaim) {
        const { claimName } = persistentVolumeClaim;
        const claims = ofKind(program.objects, 'PersistentVolumeClaim').filter(
          (claim) => namespaceIn(program, claim) === pods.namespace,
        );
        keep(
          claims.find(({ metadata }) => metadata.name === claimName),
          claimName,
        );
      }
    }
    for (const template of (pods.owner.spec?.volumeClaimTemplates ?? []) as LiveObject[]) {
      keep(template, `${template.metadata.name}-${pods.owner.metadata.name}`);
    }
  }
  return { nodes: [...nodes.values()], edges };
}

function sizeOf(claim: LiveObject | undefined): string {
  const size: string | undefined = claim?.spec?.resources?.requests?.storage;
  return claim === undefined ? 'made elsewhere' : `volume${size ? `, ${size}` : ''}`;
}
