import { isKind, isSameKind, kindOf } from '../../constructs/manifest/kinds';
import { selects } from '../../constructs/manifest/objects';
import { type LiveObject, namespaceIn, ofKind, type Pods, type Program, podsOf } from '../app/objects';
import { counted } from '../terminal/words';
import type { Node } from './model';

/** A workload of the graph, with the pods by which policies and Services find it. */
export interface Runner {
  readonly node: Node;
  readonly pods: Pods;
}

/** What runs, a node each. What is started by hand alone, such as a suspended CronJob, is left out. */
export function runnersOf(program: Program, groupOf: (object: LiveObject) => string): Runner[] {
  return podsOf(program)
    .filter(({ owner }) => !(isKind(owner, 'CronJob') && owner.spec?.suspend === true))
    .map((pods) => ({ pods, node: nodeOf(pods, groupOf(pods.owner), program) }));
}

function nodeOf({ owner, replicas, namespace }: Pods, group: string, program: Program): Node {
  const isJob = isKind(owner, 'CronJob', 'Job');
  return {
    id: `${namespace}/${owner.kind}/${owner.metadata.name}`,
    type: isJob ? 'job' : 'service',
    name: owner.metadata.name,
    about: `${owner.kind}${aboutOf(owner, replicas, program)}`,
    group,
  };
}

function aboutOf(owner: LiveObject, replicas: number, program: Program): string {
  switch (kindOf(owner)) {
    case 'CronJob':
      return `, ${owner.spec?.schedule}`;
    case 'Deployment':
    case 'StatefulSet':
    case 'ReplicaSet':
      return `, ${scaleOf(owner, program) ?? counted(replicas, 'replica')}`;
    case 'DaemonSet':
      return ', on each node';
    default:
      return '';
  }
}

function scaleOf(owner: LiveObject, program: Program): string | undefined {
  const scaler = ofKind(program.objects, 'HorizontalPodAutoscaler').find(
    ({ spec, metadata }) =>
      metadata.namespace === owner.metadata.namespace &&
      isSameKind({ ...owner, ...spec?.scaleTargetRef }, owner) &&
      spec?.scaleTargetRef?.name === owner.metadata.name,
  );
  return scaler && `${scaler.spec?.minReplicas ?? 1} to ${scaler.spec?.maxReplicas} replicas`;
}

/** The runners that labels select in a namespace; no label selects all. */
function selectedBy(
  runners: readonly Runner[],
  namespace: string,
  matchLabels: { readonly [label: string]: string },
): Runner[] {
  return runners.filter(({ pods }) => pods.namespace === namespace && selects({ matchLabels }, pods.labels));
}

/** The runners that a Service leads to. One without a selector leads to none. */
export function behind(service: LiveObject, runners: readonly Runner[], program: Program): Runner[] {
  const selector: { [label: string]: string } | undefined = service.spec?.selector;
  return selector && Object.keys(selector).length > 0
    ? selectedBy(runners, namespaceIn(program, service), selector)
    : [];
}
