import { isKind, isSameKind } from '../../constructs/manifest/kinds';
import { asWorkload } from '../cluster/daemon-set';
import type { CronJob, Job, KubernetesObject, Pod, PodTemplate, Workload } from '../cluster/object';

/** What an app runs, of whatever kind. */
export type Runner = Workload | Job | CronJob;

/** The kinds that run something, in the order in which they are shown. */
const KINDS = ['StatefulSet', 'Deployment', 'DaemonSet', 'CronJob', 'Job'] as const;

/** The label that Kubernetes recommends. */
const VERSION = 'app.kubernetes.io/version';

export function runnersIn(objects: readonly KubernetesObject[]): Runner[] {
  return KINDS.flatMap((kind) => objects.filter((object) => isKind(object, kind))).map(
    (object) => asWorkload(object as Workload) as Runner,
  );
}

export function isCronJob(runner: Runner): runner is CronJob {
  return isKind(runner, 'CronJob');
}

export function isJob(runner: Runner): runner is Job {
  return isKind(runner, 'Job');
}

export function templateOf(runner: Runner): PodTemplate {
  return isCronJob(runner) ? runner.spec.jobTemplate.spec.template : (runner as Job).spec.template;
}

/** The pods that a workload runs now, or a job of it. */
export function podsOf(runner: Runner, pods: readonly Pod[]): Pod[] {
  const { metadata } = runner;
  const isDeployment = isKind(runner, 'Deployment');
  return pods.filter((pod) => {
    const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller);
    const name = isDeployment ? `${metadata.name}-${pod.metadata.labels?.['pod-template-hash']}` : metadata.name;
    return (
      pod.metadata.namespace === metadata.namespace &&
      owner !== undefined &&
      (isDeployment ? isKind(owner, 'ReplicaSet') : isSameKind(owner, runner)) &&
      owner.name === name
    );
  });
}

/** The version that it has a label for, else the tag of its first image, else the beginning of its digest. */
export function versionOf(runner: Runner): string {
  const template = templateOf(runner);
  const labels = { ...template.metadata?.labels, ...runner.metadata.labels };
  const image = template.spec.containers[0]?.image ?? '';
  const [, tag, digest] = /^[^@]*?(?::([\w][\w.-]*))?(?:@(?:\w+:)?(\w{12})\w*)?$/.exec(image) ?? [];
  return labels[VERSION] ?? tag ?? digest ?? 'latest';
}
