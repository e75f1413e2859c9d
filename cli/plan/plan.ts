import { groupOf, isKind, kindOf, shownKind } from '../../constructs/manifest/kinds';
import { type AppSet, PART_OF_SET } from '../app/app-set';
import type { Program } from '../app/render';
import { type Api, apiOf } from '../cluster/api';
import { ApiError, Unreachable, unless } from '../cluster/api-error';
import { isAsApplied } from '../cluster/as-applied';
import { inOrder } from '../cluster/kinds';
import { takenOver } from '../cluster/managed-fields';
import { messageOf } from '../cluster/message';
import { type KubernetesObject, keyOf } from '../cluster/object';
import { inParallel } from '../cluster/parallel';
import { remedyOf } from '../cluster/remedies';
import { placed } from '../cluster/resources';
import { leftOverOf } from '../inventory/left-over';
import { endingNamespaces, type Live, readLive } from '../inventory/live';
import { asMembers, ownerOtherThan } from '../inventory/members';
import { AT_ONCE } from '../machine/proxy';
import type { Session } from '../machine/session';
import { type Change, namesOf, type Plan } from './change';
import { fieldChanges, objectDifferences } from './fields';
import { created, deletionOf, denied, nameless, type Outcome } from './outcome';
import { overlay } from './overlay';
import { isRolling, type Mounted, restartsOf, sourceKey } from './restarts';

/** What is to be applied, and of what is there besides, what stays; see `Program`. */
export type Wanted = Pick<Program, 'objects'> & Partial<Program>;

/**
 * What `up` would do, by the word of the API: an object becomes what a dry run makes of it. What there is of the app is read,
 * unless that was begun before.
 */
export async function planOf(
  session: Session,
  set: AppSet,
  { objects, all = [], without = [], spared }: Wanted,
  reading: Promise<Live> = readLive(session, set),
): Promise<Plan> {
  const [live, ending] = await Promise.all([reading, endingNamespaces(session, objects)]);
  const planner = new Planner(session, set, objects, live, ending);
  const wanted = inOrder(asMembers(objects, set));
  const outcomes = await inParallel(wanted, AT_ONCE, (object) => planner.outcomeOf(object));
  const mounted = mountedIn(outcomes);
  const changes = outcomes.map((outcome) => withRestarts(outcome, mounted));
  const program = { all: [...objects, ...all], without, spared };
  const leftOver = leftOverOf(set, [...live.members.values()], program);
  const deletions = inOrder([...leftOver.objects, ...leftOver.data])
    .reverse()
    .map(deletionOf);
  return {
    context: session.profile,
    set: { name: set.name, namespace: set.namespace },
    changes: [...changes, ...deletions],
  };
}

class Planner {
  private readonly definitions: ReadonlySet<string>;
  private readonly namespaces: ReadonlySet<string>;
  /** Namespaces that are not there, or not for long, so that nothing in them can be tried. */
  private readonly missing: Set<string>;
  private readonly api: Api;

  constructor(
    private readonly session: Session,
    private readonly set: AppSet,
    objects: readonly KubernetesObject[],
    private readonly live: Live,
    /** Namespaces of others that are being deleted. */
    private readonly doomed: readonly string[],
  ) {
    this.definitions = new Set(objects.filter(isDefinition).map(({ spec }) => `${spec.names.kind}.${spec.group}`));
    this.namespaces = new Set(
      objects.filter((object) => isKind(object, 'Namespace')).map(({ metadata }) => metadata.name),
    );
    const ending = [...live.members.values()].filter((member) => isKind(member, 'Namespace') && isEnding(member));
    this.missing = new Set(ending.map(({ metadata }) => metadata.name));
    this.api = apiOf(session);
  }

  async outcomeOf(object: KubernetesObject): Promise<Outcome> {
    const resource = await this.api.resourceOf(object);
    if (object.metadata.name === undefined) {
      return nameless(object);
    }
    if (!resource) {
      return this.ofUnknownKind(object);
    }
    const wanted = placed(object, resource, this.set.fallback);
    const { namespace = '' } = wanted.metadata;
    if (this.missing.has(namespace)) {
      return created(wanted);
    }
    if (this.doomed.includes(namespace)) {
      const message = `namespace ${namespace} is being terminated`;
      return denied(wanted, { message, remedy: remedyOf(this.session, wanted, message) });
    }
    const member = this.live.members.get(keyOf(wanted, ''));
    if (member?.apiVersion === wanted.apiVersion && isAsApplied(member, wanted)) {
      return this.compared(member, member, []);
    }
    try {
      const { object: after, created: isNew, warnings } = await this.api.apply(wanted, '', { dryRun: true });
      const before = isNew ? undefined : await this.before(wanted);
      return before ? this.compared(before, after, warnings) : created(wanted, warnings);
    } catch (error) {
      if (!(error instanceof ApiError) || error instanceof Unreachable) {
        throw error;
      }
      return this.refused(wanted, error);
    }
  }

  private ofUnknownKind(wanted: KubernetesObject): Outcome {
    if (this.definitions.has(`${wanted.kind}.${groupOf(wanted)}`)) {
      return created(wanted);
    }
    return denied(wanted, {
      message: `the cluster knows no ${wanted.kind} of ${wanted.apiVersion}`,
      remedy: 'install what defines it, or add its definition to the app',
    });
  }

  private async refused(wanted: KubernetesObject, { said, warnings }: ApiError): Promise<Outcome> {
    const message = messageOf(wanted, said);
    const { namespace = '' } = wanted.metadata;
    if (this.namespaces.has(namespace) && /namespaces "[^"]+" not found|is being terminated/.test(message)) {
      this.missing.add(namespace);
      return created(wanted, /terminated/.test(message) ? [`namespace ${namespace} is still being deleted`] : []);
    }
    const before = await this.before(wanted);
    if (before && isAsApplied(before, wanted)) {
      return this.compared(before, before, []);
    }
    const outcome = before
      ? this.compared(before, overlay(before, wanted) as KubernetesObject, warnings)
      : created(wanted, warnings);
    if (/does not support dry run/.test(message)) {
      const untried = `not tried: ${message}`;
      return { ...outcome, change: { ...outcome.change, warnings: [...outcome.change.warnings, untried] } };
    }
    const refused = { message, remedy: remedyOf(this.session, wanted, message) };
    const action = before ? 'change' : 'create';
    return { ...outcome, change: { ...outcome.change, action, refused } };
  }

  /** What the cluster has of an object, in the version of the API in which it is written. */
  private async before(wanted: KubernetesObject): Promise<KubernetesObject | undefined> {
    const member = this.live.members.get(keyOf(wanted, ''));
    return member?.apiVersion === wanted.apiVersion ? member : unless(403, this.api.seek(wanted, ''));
  }

  private compared(before: KubernetesObject, after: KubernetesObject, warnings: readonly string[]): Outcome {
    const differences = objectDifferences(before, after);
    const fields = differences.flatMap((difference) => fieldChanges(kindOf(after), difference));
    const isChange = fields.length > 0;
    const owner = ownerOtherThan(this.set, before);
    if (owner === undefined && isEnding(before)) {
      return created(after, [...warnings, 'it is still being deleted: it is made anew when it is gone']);
    }
    const refused = owner === undefined ? undefined : this.ofOthers(before, owner);
    const change: Change = {
      action: isChange ? 'change' : 'unchanged',
      ...namesOf(after, after.metadata.namespace),
      fields,
      ...(refused && { refused }),
      // what the API says of an object that stays as it is was said before
      warnings: isChange && !refused ? [...warnings, ...takenOver(before, differences)] : [],
    };
    const certificate = (after as { readonly type?: string }).type === 'kubernetes.io/tls';
    return { change, ...(isRolling(after) && { workload: after }), ...(certificate && { certificate }) };
  }

  private ofOthers(object: KubernetesObject, owner: string) {
    const { name, namespace } = object.metadata;
    const place = namespace === undefined ? '' : ` -n ${namespace}`;
    return {
      message: `it belongs to another set of objects, ${owner}`,
      remedy:
        'give it another name, or where that set is gone take its mark away: ' +
        `kubectl --context ${this.session.profile}${place} label ${shownKind(object).toLowerCase()} ${name} ${PART_OF_SET}-`,
    };
  }
}

function isEnding({ metadata }: KubernetesObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

interface Definition extends KubernetesObject {
  readonly spec: { readonly group: string; readonly names: { readonly kind: string } };
}

function isDefinition(object: KubernetesObject): object is Definition {
  return isKind(object, 'CustomResourceDefinition');
}

/** What pods may mount, of what changes. */
function mountedIn(outcomes: readonly Outcome[]): Map<string, Mounted> {
  return new Map(
    outcomes
      .filter(({ change }) => change.action !== 'unchanged' && isKind(change, 'ConfigMap', 'Secret'))
      .filter(({ change }) => change.fields.some(isContent) || change.action === 'create')
      .map(({ change, certificate: noticed = false }) => [
        sourceKey(change.kind, change.namespace, change.name),
        { change, noticed },
      ]),
  );
}

function isContent({ path }: { readonly path: string }): boolean {
  return /^(data|binaryData)\b/.test(path);
}

function withRestarts({ change, workload }: Outcome, mounted: ReadonlyMap<string, Mounted>): Change {
  if (!workload) {
    return change;
  }
  const { restarts, warnings } = restartsOf(workload, change.fields, mounted);
  return { ...change, ...(restarts && { restarts }), warnings: [...change.warnings, ...warnings] };
}
