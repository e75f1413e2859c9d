import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { autoscaler } from '../autoscaling';
import { type ExtraContainers, withExtras } from '../extra-containers';
import { disruptionBudget } from './availability';
import { type Isolation, IsolationPolicy } from './isolation';
import { type PodProps, podTemplate } from './pod';
import type { Scale } from './replicas';
import { volumesOf } from './volume';

export interface WorkloadProps extends Omit<PodProps, 'instance' | 'onNodeOf' | 'restartPolicy' | 'replicas'> {
  /** Whose pods these are, and what they are connected with. */
  readonly isolation: Isolation;
  /** One pod unless told. */
  readonly scale?: Scale;
  /** Containers of the service's user. */
  readonly extras?: ExtraContainers;
  /** The strategy `Recreate`: old pods end before new ones start, for a program that cannot run twice. */
  readonly recreate?: boolean;
  /** New pods join the node of the old ones, whose volume no other node can mount meanwhile. */
  readonly stayOnNode?: boolean;
  /** Makes it a StatefulSet with volumes of its own. */
  readonly stateful?: { readonly template?: k8s.KubePersistentVolumeClaimProps };
}

/** The Deployment or StatefulSet of an instance, with pods that meet Pod Security "restricted". */
export class Workload extends Construct {
  public readonly object: ApiObject;
  public readonly isolation: Isolation;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: WorkloadProps,
  ) {
    super(scope, id);
    this.isolation = props.isolation;
    const { instance } = props.isolation;
    const metadata = { name: instance.name, labels: instance.labels };
    const selector = { matchLabels: instance.selector };
    const { replicas, autoscaling, most }: Scale = props.scale ?? { replicas: 1, most: 1 };
    const onNodeOf = props.stayOnNode ? instance : undefined;
    const template = podTemplate(this, {
      ...props,
      instance,
      ...withExtras(scope, instance, props, props.extras),
      replicas: most,
      onNodeOf,
    });
    if (props.stateful) {
      const volumeClaimTemplates = props.stateful.template && [props.stateful.template];
      this.object = new k8s.KubeStatefulSet(this, 'Resource', {
        metadata,
        spec: {
          replicas,
          selector,
          serviceName: instance.name,
          // with OrderedReady a pod that is not ready would hold up its own replacement
          podManagementPolicy: 'Parallel',
          template,
          volumeClaimTemplates,
          revisionHistoryLimit: 3,
        },
      });
    } else {
      this.object = new k8s.KubeDeployment(this, 'Resource', {
        metadata,
        spec: { replicas, selector, template, strategy: strategy(props), revisionHistoryLimit: 3 },
      });
    }
    if (autoscaling) {
      autoscaler(this, 'Autoscaler', instance, autoscaling);
    }
    disruptionBudget(this, 'DisruptionBudget', instance);
    new IsolationPolicy(scope, 'Isolation', props.isolation);
  }

  /** The claims that its pods mount, and whether one node alone can do so at a time. */
  public get data(): { readonly claims: string[]; readonly singleNode: boolean } {
    const mounts = this.props.containers.flatMap((container) => container.mounts());
    const claims = volumesOf(mounts).flatMap(({ source }) => source?.persistentVolumeClaim?.claimName ?? []);
    return { claims, singleNode: this.props.stayOnNode === true };
  }
}

function strategy(props: WorkloadProps): k8s.DeploymentStrategy {
  return props.recreate
    ? { type: 'Recreate' }
    : {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: k8s.IntOrString.fromNumber(1), maxUnavailable: k8s.IntOrString.fromNumber(0) },
      };
}

/** A field of the pod, as the value of an environment variable. */
export function podField(fieldPath: string): k8s.EnvVarSource {
  return { fieldRef: { fieldPath } };
}
