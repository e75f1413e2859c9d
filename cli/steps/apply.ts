import { Failure } from '../failure';
import type { KubernetesObject, List, Service } from '../kubernetes';
import type { Line } from '../progress';
import { kubectl, kubectlJson, type Session } from '../session';
import { failureOf } from './causes';
import type { Manifest } from './synthesize';

const FIELD_MANAGER = 'cdk8s-services';

/**
 * Without `--validate`, which reads the API's whole description first: server-side apply refuses unknown fields by
 * itself, and two seconds are saved.
 */
const APPLY = ['apply', '--server-side', `--field-manager=${FIELD_MANAGER}`, '--force-conflicts', '--validate=false'];

interface Namespace extends KubernetesObject {
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly status: string; readonly message?: string }[];
  };
}

/** Applies the manifests in the order of their files. Namespaces are waited for, each for `timeout` milliseconds. */
export async function apply(
  session: Session,
  manifests: readonly Manifest[],
  line: Line,
  timeout: number,
): Promise<void> {
  for (const { file, objects } of manifests.filter(({ objects }) => objects.length > 0)) {
    line.update(file);
    const namespaces = objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name);
    await waitFor(
      session,
      namespaces,
      (namespace) => namespace?.status?.phase !== 'Terminating',
      (name) => line.update(`namespace ${name} is still being deleted`),
      timeout,
    );
    const input = listOf(objects);
    const { ok, lines } = await session.shell.run(...kubectl(session, ...APPLY, '-f', '-'), { input });
    if (!ok) {
      throw await refused(session, { file, objects }, lines);
    }
    await waitFor(
      session,
      namespaces,
      (namespace) => namespace?.status?.phase === 'Active',
      (name) => line.update(`namespace ${name}`),
      timeout,
    );
  }
  line.update(`${manifests.reduce((sum, { objects }) => sum + objects.length, 0)} objects`);
}

/** Whether an object of the cluster, read with its managed fields, carries the mark of `up`. */
export function isApplied({ metadata }: KubernetesObject): boolean {
  return metadata.managedFields?.some(({ manager }) => manager === FIELD_MANAGER) ?? false;
}

/** Objects as one document for kubectl's standard input. */
export function listOf(objects: readonly KubernetesObject[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
}

async function waitFor(
  session: Session,
  names: readonly string[],
  isReady: (namespace: Namespace | undefined) => boolean,
  waiting: (name: string) => void,
  timeout: number,
): Promise<void> {
  if (names.length === 0) {
    return;
  }
  const end = Date.now() + timeout;
  for (;;) {
    const { items } = await kubectlJson<List<Namespace>>(session, 'get', 'namespaces');
    const name = names.find((name) => !isReady(items.find(({ metadata }) => metadata.name === name)));
    if (name === undefined) {
      return;
    }
    if (Date.now() > end) {
      throw stuck(
        session,
        name,
        timeout,
        items.find(({ metadata }) => metadata.name === name),
      );
    }
    waiting(name);
    await session.shell.sleep(1000);
  }
}

/** A namespace tells in its conditions what holds it. */
function stuck({ profile, again }: Session, name: string, timeout: number, namespace?: Namespace): Failure {
  const { phase = 'not there', conditions = [] } = namespace?.status ?? {};
  return new Failure({
    cause: `namespace ${name} is ${phase} after ${Math.round(timeout / 1000)} s`,
    details: conditions.flatMap(({ status, message }) => (status === 'True' && message) || []),
    next: `kubectl --context ${profile} describe namespace ${name}, and when it is free run: ${again}`,
  });
}

async function refused(session: Session, { file, objects }: Manifest, lines: readonly string[]): Promise<Failure> {
  const { profile, again } = session;
  const errors = lines.filter((text) => !/serverside-applied$/.test(text));
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
    cause: `the API refuses an object of ${file}`,
    details: errors,
    next: `${remedy(errors, objects, profile)}, then run: ${again}`,
  };
  return failureOf(errors, failure, again);
}

/** The node port that the API says is taken. */
export function takenPort(errors: readonly string[]): number | undefined {
  const [, port] = /nodePort: Invalid value: (\d+): provided port is already allocated/.exec(errors.join('\n')) ?? [];
  return port === undefined ? undefined : Number(port);
}

function remedy(errors: readonly string[], objects: readonly KubernetesObject[], profile: string): string {
  const text = errors.join('\n');
  if (/exceeded quota/.test(text)) {
    return `raise the quota ('kubectl --context ${profile} get resourcequota --all-namespaces') or ask for less`;
  }
  const fixed = [...text.matchAll(/StatefulSet\S* "([^"]+)" is invalid: spec: Forbidden/g)].map(([, name]) => name);
  if (fixed.length > 0) {
    const set = objects.find(({ kind, metadata }) => kind === 'StatefulSet' && metadata.name === fixed[0]);
    const namespace = set?.metadata.namespace ?? 'default';
    const args = `-n ${namespace} delete statefulset ${fixed.join(' ')} --cascade=orphan`;
    return `make them anew, pods and data stay: kubectl --context ${profile} ${args}`;
  }
  if (/field is immutable/.test(text)) {
    return 'delete the object that has the field, its new form is applied then';
  }
  return 'fix what makes the object';
}
