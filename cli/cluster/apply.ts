import { groupOf } from '../../constructs/manifest/kinds';
import { failureOf } from '../machine/causes';
import { kubectl, kubectlJson, type Session } from '../machine/session';
import { Failure } from '../terminal/failure';
import { withoutValues } from './message';
import type { KubernetesObject, List, Service } from './object';
import { remedyOf, UNKNOWN } from './remedies';

/** Whose the fields are that `up` applies. */
export const FIELD_MANAGER = 'cdk8s-services';

/**
 * Without `--validate`, which reads the API's whole description first: server-side apply refuses unknown fields by
 * itself, and two seconds are saved.
 */
const APPLY = ['apply', '--server-side', `--field-manager=${FIELD_MANAGER}`, '--force-conflicts', '--validate=false'];

/** kubectl applies one object after the other. So many at once use what a machine of two cores has left. */
const AT_ONCE = 3;
/** Fewer are not worth another kubectl. */
const PART = 100;

/** Applies objects that do not depend on one another, and says what the cluster has of them then. */
export async function applied(session: Session, objects: readonly KubernetesObject[]): Promise<KubernetesObject[]> {
  const parts = partsOf(objects);
  // all of them have ended when the first failure is told
  const outcomes = await Promise.allSettled(
    parts.map(async (part) => {
      const args = kubectl(session, ...APPLY, '-o', 'json', '-f', '-');
      const { ok, stdout, stderr } = await session.shell.run(...args, { input: listOf(part) });
      if (!ok) {
        throw await refused(session, part, stderr);
      }
      return itemsOf(stdout);
    }),
  );
  return outcomes.flatMap((outcome) => {
    if (outcome.status === 'rejected') {
      throw outcome.reason;
    }
    return outcome.value;
  });
}

/** Objects in as many parts as are worth a kubectl each. */
export function partsOf(objects: readonly KubernetesObject[]): (readonly KubernetesObject[])[] {
  const size = Math.max(PART, Math.ceil(objects.length / AT_ONCE));
  return Array.from({ length: Math.ceil(objects.length / size) }, (_, index) =>
    objects.slice(index * size, (index + 1) * size),
  );
}

/** What kubectl prints of objects: one as it is, several as a list. */
export function itemsOf(stdout: string): readonly KubernetesObject[] {
  const parsed: List<KubernetesObject> | KubernetesObject = JSON.parse(stdout.trim() || '{"items":[]}');
  return 'items' in parsed ? parsed.items : [parsed];
}

/** Whether an object of the cluster, read with its managed fields, carries the mark of `up`. */
export function isApplied({ metadata }: KubernetesObject): boolean {
  return metadata.managedFields?.some(({ manager }) => manager === FIELD_MANAGER) ?? false;
}

/** Objects as one document for kubectl's standard input. */
export function listOf(objects: readonly KubernetesObject[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
}

async function refused(session: Session, objects: readonly KubernetesObject[], stderr: string): Promise<Failure> {
  const { profile, again } = session;
  const errors = withoutValues(objects, stderr)
    .split('\n')
    .filter((text) => text !== '' && !/^warning/i.test(text));
  const port = takenPort(errors);
  if (port !== undefined) {
    const { items } = await kubectlJson<List<Service>>(session, 'get', 'services', '--all-namespaces');
    const holder = items.find(({ spec }) => spec?.ports?.some(({ nodePort }) => nodePort === port));
    const name = holder && `Service ${holder.metadata.name} in namespace ${holder.metadata.namespace}`;
    const away =
      holder && `kubectl --context ${profile} -n ${holder.metadata.namespace} delete service ${holder.metadata.name}`;
    return new Failure({
      cause: `node port ${port} is taken${name ? ` by ${name}` : ''}`,
      details: errors,
      next: `choose another port in the app${away ? `, or '${away}'` : ''}, then run: ${again}`,
    });
  }
  const failure = {
    cause: 'the API refuses an object of the app',
    details: errors,
    next: `${remedies(session, objects, errors)}, then run: ${again}`,
  };
  return failureOf(errors, failure, again);
}

/** The node port that the API says is taken. */
export function takenPort(errors: readonly string[]): number | undefined {
  const [, port] = /nodePort: Invalid value: (\d+): provided port is already allocated/.exec(errors.join('\n')) ?? [];
  return port === undefined ? undefined : Number(port);
}

/** What to do about all of it: what is known first. */
function remedies(session: Session, objects: readonly KubernetesObject[], errors: readonly string[]): string {
  const found = errors.map((text) => remedyOf(session, namedIn(text, objects), text));
  const known = found.filter((remedy) => remedy !== UNKNOWN);
  return [...new Set(known.length > 0 ? known : found)].join('; ') || UNKNOWN;
}

/** The object that an error is about: of several with its name, the one of its kind, and of its group where that is said. */
function namedIn(text: string, objects: readonly KubernetesObject[]): KubernetesObject | undefined {
  const named = objects.filter(
    ({ metadata: { name } }) => text.includes(`"${name}"`) || text.includes(`/${name};`) || text.includes(`(${name};`),
  );
  const lower = text.toLowerCase();
  const ofKind = named.filter((object) => lower.includes(object.kind.toLowerCase()));
  const ofGroup = ofKind.filter((object) => groupOf(object) !== '' && lower.includes(groupOf(object)));
  return [...ofGroup, ...ofKind, ...named][0];
}
