import { createInterface } from 'node:readline/promises';
import { EXIT_USAGE, Failure, Interrupted } from './failure';
import type { KubernetesObject, List } from './kubernetes';
import type { Line, Progress } from './progress';
import { readProject } from './project';
import { kubectl, kubectlJson, type Session } from './session';
import { isApplied, listOf } from './steps/apply';
import { findMinikube } from './steps/minikube';
import { remove } from './steps/remove';
import { objectsOf } from './steps/selection';
import { synthesize } from './steps/synthesize';
import { checkTools } from './steps/tools';

export interface DownOptions {
  /** Delete the data too. */
  readonly volumes: boolean;
  /** Do not ask. */
  readonly yes: boolean;
}

/**
 * Deletes what `up` applied. Volumes and namespaces stay unless they are asked for; images and the file with the
 * credentials stay in any case.
 */
export async function down(session: Session, progress: Progress, options: DownOptions): Promise<void> {
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  if (options.volumes && !options.yes && !terminal) {
    throw new Failure({
      cause: '--volumes deletes data for good, and there is no terminal to ask whether you mean it',
      next: session.invocation.with('--yes'),
      exitCode: EXIT_USAGE,
    });
  }
  const project = await progress.run('check tools', async () => {
    checkTools(session.again, ['docker', 'minikube', 'kubectl']);
    return readProject(session.folder);
  });
  await progress.run('minikube', () => findMinikube(session));
  const objects = await progress.run('synthesize', async (line) => objectsOf(await synthesize(session, project, line)));
  const applied = await progress.run('find objects', (line) => appliedOf(session, objects, line));
  const volumes = applied.filter(({ kind }) => kind === 'PersistentVolumeClaim');
  const namespaces = applied.filter(({ kind }) => kind === 'Namespace');

  if (options.volumes && !options.yes && !(await confirm(volumes, namespaces, session.signal))) {
    process.stdout.write('nothing was deleted\n');
    return;
  }
  const keeps = ({ kind }: KubernetesObject) => kind === 'PersistentVolumeClaim' || kind === 'Namespace';
  await progress.run('delete objects', (line) =>
    remove(
      session,
      applied.filter((object) => !keeps(object)),
      line,
    ),
  );
  if (options.volumes) {
    await progress.run('delete volumes', (line) => remove(session, [...volumes, ...namespaces], line));
  }
  process.stdout.write(`\n${leftOver(session, options, volumes)}\n`);
}

/**
 * What is in the cluster of the objects of the app, last ones first: those that carry the mark of `up`, and the claims
 * that their StatefulSets made. What others have put there under the same names is theirs.
 */
async function appliedOf(
  session: Session,
  objects: readonly KubernetesObject[],
  line: Line,
): Promise<KubernetesObject[]> {
  const args = kubectl(session, 'get', '-f', '-', '--ignore-not-found', '--show-managed-fields', '-o', 'json');
  const next = `kubectl --context ${session.profile} get all --all-namespaces`;
  const answer = await session.shell.output(...args, next, { input: listOf(objects) });
  const parsed: List<KubernetesObject> | KubernetesObject = JSON.parse(answer || '{"items":[]}');
  const found = 'items' in parsed ? parsed.items : [parsed];
  const applied = [...found.filter(isApplied), ...(await claimsOf(session, objects))].reverse();
  line.update(`${applied.length} objects`);
  return applied;
}

/** The claims that the StatefulSets among the objects make for their pods: `<template>-<name>-<number>`. */
async function claimsOf(session: Session, objects: readonly KubernetesObject[]): Promise<KubernetesObject[]> {
  interface StatefulSet extends KubernetesObject {
    readonly spec: { readonly volumeClaimTemplates?: readonly KubernetesObject[] };
  }
  const sets = objects.filter(({ kind }) => kind === 'StatefulSet') as StatefulSet[];
  const found = await Promise.all(
    [...new Set(sets.map(({ metadata }) => metadata.namespace ?? 'default'))].map((namespace) =>
      kubectlJson<List<KubernetesObject>>(session, '-n', namespace, 'get', 'persistentvolumeclaims'),
    ),
  );
  return found
    .flatMap(({ items }) => items)
    .filter((claim) =>
      sets.some(
        ({ metadata: { name, namespace = 'default' }, spec: { volumeClaimTemplates = [] } }) =>
          claim.metadata.namespace === namespace &&
          volumeClaimTemplates.some((template) =>
            new RegExp(`^${template.metadata.name}-${name}-\\d+$`).test(claim.metadata.name),
          ),
      ),
    );
}

async function confirm(
  volumes: readonly KubernetesObject[],
  namespaces: readonly KubernetesObject[],
  signal: AbortSignal,
): Promise<boolean> {
  const names = (objects: readonly KubernetesObject[]) => objects.map(({ metadata }) => metadata.name).join(', ');
  process.stdout.write(
    `this deletes for good the data in ${volumes.length} volumes (${names(volumes)})` +
      `${namespaces.length > 0 ? `, and all that is in namespace ${names(namespaces)}` : ''}\n`,
  );
  const questions = createInterface({ input: process.stdin, output: process.stdout });
  try {
    questions.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    return /^y(es)?$/i.test((await questions.question('delete it? [y/N] ', { signal })).trim());
  } catch {
    throw new Interrupted();
  } finally {
    questions.close();
  }
}

function leftOver(session: Session, { volumes }: DownOptions, claims: readonly KubernetesObject[]): string {
  const images = 'the images and the file with the credentials are kept';
  if (volumes || claims.length === 0) {
    return images;
  }
  const names = claims.map(({ metadata }) => metadata.name).join(', ');
  return `${images}, and so is the data in ${names}\nto delete that too: ${session.invocation.with('--volumes')}`;
}
