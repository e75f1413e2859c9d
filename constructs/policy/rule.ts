import type { SynthesizedApp } from '../manifest/app';
import type { KubernetesObject } from '../manifest/objects';
import { allContainers, type ContainerOfPod, type Pod } from '../manifest/pods';

/** What must hold for everything that an app writes. */
export interface Rule {
  /** What exceptions call it. */
  readonly name: string;
  /** What must hold, and why. */
  readonly recommendation: string;
  /** What to write instead. */
  readonly fix: string;
  readonly check: (app: SynthesizedApp) => Finding[];
}

/** Where an object breaks a rule. */
export interface Finding {
  readonly object: KubernetesObject;
  /** The place and its value, such as `container 'web': privileged is true`. */
  readonly text: string;
}

/** A check of each pod by itself. */
export function eachPod(broken: (pod: Pod, app: SynthesizedApp) => string[]): Rule['check'] {
  return (app) => app.pods.flatMap((pod) => broken(pod, app).map((text) => ({ object: pod.object, text })));
}

/** A check of each container by itself. */
export function eachContainer(
  broken: (container: ContainerOfPod['container'], pod: Pod, app: SynthesizedApp) => string[],
  containers: (pod: Pod) => ContainerOfPod[] = allContainers,
): Rule['check'] {
  return eachPod((pod, app) =>
    containers(pod).flatMap(({ container, called }) => broken(container, pod, app).map((text) => `${called}: ${text}`)),
  );
}

/** What is wrong, if it is. */
export function when(wrong: boolean, text: string): string[] {
  return wrong ? [text] : [];
}

/** A field and its value, as a finding shows them. */
export function shown(field: string, value: unknown): string {
  return value === undefined || value === null ? `${field} is not set` : `${field} is ${JSON.stringify(value)}`;
}
