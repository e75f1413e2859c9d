import type { SynthesizedApp } from '../../manifest/app';
import { isKind } from '../../manifest/kinds';
import { type KubernetesObject, type Labels, selects } from '../../manifest/objects';
import { mainContainers, type Pod } from '../../manifest/pods';
import { eachPod, type Rule, shown, when } from '../rule';

interface Service extends KubernetesObject {
  readonly spec?: { readonly selector?: Labels };
}

export const drain: Rule = {
  name: 'drain',
  recommendation:
    'A pod that is told to stop has time to end what it does, and one that others take the place of serves until every ' +
    'node has heard of it: no request is cut',
  fix:
    "set terminationGracePeriodSeconds above 0, and for each container that serves a preStop that waits, such as exec: { command: ['sleep', " +
    "'10'] }",
  check: eachPod((pod, app) => [
    ...when(pod.spec.terminationGracePeriodSeconds === 0, shown('terminationGracePeriodSeconds', 0)),
    ...(rolls(pod) && isServed(pod, app)
      ? mainContainers(pod).flatMap(({ container: { ports = [], lifecycle }, called }) =>
          when(ports.length > 0 && !lifecycle?.preStop, `${called}: ${shown('preStop', undefined)}`),
        )
      : []),
  ]),
};

/** Whether new pods take the place of old ones that still serve. */
function rolls({ object }: Pod): boolean {
  const { strategy } = (object.spec ?? {}) as { strategy?: { type?: string } };
  return isKind(object, 'Deployment') && strategy?.type !== 'Recreate';
}

function isServed({ object, metadata: { labels = {} } }: Pod, app: SynthesizedApp): boolean {
  return app.beside<Service>(object, 'Service').some(({ spec: { selector: matchLabels } = {} }) => {
    return matchLabels !== undefined && selects({ matchLabels }, labels);
  });
}
