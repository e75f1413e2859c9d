import { type ApiObject, Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { DEFAULT_DENY, RestrictedNamespace } from '../namespace';
import { lazyList } from '../private/lazy-list';
import { RBAC } from '../private/service-account';
import { Where } from '../private/where';
import { type Resources, requirements } from '../resources';
import { contentsOf } from './contents';
import { Demand } from './demand';
import { exceeded, hard, type Quota, sharesOf } from './quota';
import { adminRules, OPERATE, VIEW } from './roles';
import type { Subject } from './subject';

const LABELS = { 'app.kubernetes.io/managed-by': 'cdk8s' };
const DEFAULTS = { cpu: 0.1, memory: Size.mebibytes(128), memoryLimit: Size.mebibytes(256) };

/** What a team is given. */
export interface TeamProps {
  /**
   * What all that is in its namespace may ask for together. What this app puts there is held against it at synth, with
   * the pods that roll-outs add.
   */
  readonly quota: Quota;

  /**
   * What containers get that do not say what they need. The services here always say.
   * @default - 0.1 cores and 128 MiB of memory asked for, 1 core and 256 MiB as limits, 256 MiB of disk
   */
  readonly defaults?: Resources;

  /**
   * Who may see what runs: every object but Secrets, and the logs.
   * @default - nobody
   */
  readonly view?: Subject[];

  /**
   * Who may see the same, scale Deployments and StatefulSets, and delete pods, which restarts them. They get at no
   * Secret and into no pod.
   * @default - nobody
   */
  readonly operate?: Subject[];

  /**
   * Who may do the same, change what the team runs, with its Secrets, and get into its pods. They cannot change the
   * frame: quota, defaults, Pod Security, the default-deny policy, Roles and who has them. So what brings a Role of its
   * own, as `Ftps` and `Telegraf` do, is applied by somebody else. Of the NetworkPolicies they can change those that this
   * app writes, and make others.
   * @default - nobody
   */
  readonly admin?: Subject[];
}

/**
 * A namespace of a team: pods that meet Pod Security "restricted", a closed network, a share of the cluster, and rights
 * for its members, in it and nowhere else.
 */
export class Team extends Construct {
  /** The name of its namespace, for the charts of what it runs. */
  public readonly name: string;
  /** The Namespace. */
  public readonly resource: ApiObject;
  /** The ResourceQuota. */
  public readonly quota: ApiObject;
  /** The LimitRange. */
  public readonly defaults: ApiObject;
  /** The Role `team-view`. */
  public readonly viewRole: ApiObject;
  /** The Role `team-operate`, which has all of `team-view`. */
  public readonly operateRole: ApiObject;
  /** The Role `team-admin`, which has all of `team-operate`. */
  public readonly adminRole: ApiObject;

  /**
   * @param scope A chart whose file is applied before those that use the namespace.
   * @param id The name of the team and of its namespace.
   * @param props Its share of the cluster, and its members.
   */
  public constructor(scope: Construct, id: string, props: TeamProps) {
    super(scope, id);
    this.name = id;
    this.resource = new RestrictedNamespace(this, id).resource;
    const { requests, limits } = requirements(this, DEFAULTS, props?.defaults, new Where('defaults'));
    const shares = sharesOf(this, props?.quota);
    const metadata = { name: 'team', namespace: id, labels: LABELS };
    this.quota = new k8s.KubeResourceQuota(this, 'Quota', { metadata, spec: { hard: hard(shares) } });
    this.defaults = new k8s.KubeLimitRange(this, 'Defaults', {
      metadata,
      spec: { limits: [{ type: 'Container', defaultRequest: requests, default: limits }] },
    });
    this.viewRole = this.role('View', VIEW, props?.view);
    this.operateRole = this.role('Operate', OPERATE, props?.operate);
    const adminRole = lazyList(() => adminRules(this.ownPolicies()));
    this.adminRole = this.role('Admin', adminRole, props?.admin);
    this.node.addValidation({
      validate: () => {
        const demand = new Demand(this.node.root, id, { requests: plain(requests), limits: plain(limits) });
        return [...exceeded(shares, demand.asks(), id), ...demand.unfitting()];
      },
    });
  }

  private role(id: string, rules: k8s.PolicyRule[], subjects: Subject[] = []): ApiObject {
    const metadata = { name: `team-${id.toLowerCase()}`, namespace: this.name, labels: LABELS };
    const role = new k8s.KubeRole(this, `${id}Role`, { metadata, rules });
    if (subjects.length > 0) {
      new k8s.KubeRoleBinding(this, `${id}Binding`, {
        metadata,
        roleRef: { apiGroup: RBAC, kind: 'Role', name: metadata.name },
        subjects: subjects.map(({ _subject }) => _subject),
      });
    }
    return role;
  }

  /** The NetworkPolicies of what the app runs here. */
  private ownPolicies(): string[] {
    const policies = contentsOf(this.node.root, this.name, ['NetworkPolicy']).map(({ name }) => name);
    return policies.filter((name) => name !== DEFAULT_DENY).sort();
  }
}

function plain(quantities: k8s.ResourceRequirements['requests'] = {}): { [resource: string]: string | number } {
  return Object.fromEntries(Object.entries(quantities).map(([resource, { value }]) => [resource, value]));
}
