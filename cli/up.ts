import type { KubernetesObject, List, Service } from './kubernetes';
import type { Progress } from './progress';
import { readProject } from './project';
import { kubectlJson, type Session } from './session';
import type { Environment } from './shell';
import { addressesOf } from './steps/addresses';
import { apply } from './steps/apply';
import { dockerEnv } from './steps/docker-env';
import { imagesIn, missingImages } from './steps/images';
import { findLeftOver, leftOverTable } from './steps/left-over';
import { enableIngress, startMinikube } from './steps/minikube';
import { probe } from './steps/probe';
import { remove } from './steps/remove';
import { rollouts } from './steps/rollout';
import { namespacesOf, objectsOf, without, workloadsOf } from './steps/selection';
import { type Probed, summary } from './steps/summary';
import { synthesize } from './steps/synthesize';
import { checkTools } from './steps/tools';

/** Two builds at once: more of them take longer on the two cores that minikube has by default. */
const BUILDS = 2;

/** Certificates that expire sooner are made anew: a month in which somebody runs `up` again. */
const RENEWAL_DAYS = 30;

export interface UpOptions {
  readonly without: readonly string[];
  /** How long namespaces and workloads are waited for, in milliseconds. */
  readonly timeout: number;
  /** Names of Secrets whose values are made anew. */
  readonly rotate?: readonly string[];
  /** Delete what the app does not have any more. */
  readonly prune?: boolean;
}

/** Makes the app of this folder run on minikube, and says where it is found. Whatever is done already is left alone. */
export async function up(session: Session, progress: Progress, options: UpOptions): Promise<void> {
  const project = await progress.run('check tools', async () => {
    checkTools(session.again, ['docker', 'minikube', 'kubectl']);
    return readProject(session.folder);
  });
  const cluster = await progress.run('minikube', (line) => startMinikube(session, line));
  const { all, manifests } = await progress.run('synthesize', async (line) => {
    const all = await synthesize(session, project, line, renewal(options));
    return { all: objectsOf(all), manifests: without(all, options.without) };
  });
  const objects = objectsOf(manifests);

  const missing = await progress.run('find images', async (line) => {
    const images = imagesIn(objects);
    const env = cluster.runtime === 'docker' && images.length > 0 ? await dockerEnv(session) : {};
    const missing = await missingImages(session, images, cluster, env);
    line.update(`${images.length - missing.length} of ${images.length} are there`);
    return missing;
  });
  await progress.each('build images', missing, BUILDS);

  if (objects.some(({ kind }) => kind === 'Ingress')) {
    await progress.run('enable ingress', (line) => enableIngress(session, line));
  }
  await progress.run('apply', (line) => apply(session, manifests, line, options.timeout));
  const workloads = workloadsOf(manifests);
  await progress.each('wait for workloads', rollouts(session, workloads, options.timeout), workloads.length);

  const leftOver = await progress.run('find what is left over', async (line) => {
    const found = await findLeftOver(session, all);
    line.update(found.length > 0 ? `${found.length} objects` : 'nothing');
    return found;
  });
  if (options.prune) {
    await progress.run('delete what is left over', (line) => remove(session, leftOver, line));
  }
  const addresses = await progress.run('probe addresses', async (line) => {
    const probed = await probeAll(session, namespacesOf(objects), objects, cluster.ip);
    line.update(`${probed.filter(({ answer }) => answer?.ok).length} of ${probed.length} answer`);
    return probed;
  });
  const parts = [summary(addresses, objects, session.profile)];
  if (leftOver.length > 0 && !options.prune) {
    parts.push(`${leftOverTable(leftOver)}\n'up' deletes that with --prune`);
  }
  process.stdout.write(`\n${parts.filter((part) => part !== '').join('\n\n')}\n`);
}

/** What a `CredentialsFile` is told to make anew. */
function renewal({ rotate = [] }: UpOptions): Environment {
  const day = new Date(Date.now() + RENEWAL_DAYS * 24 * 60 * 60 * 1000).toISOString();
  return { CDK8S_SERVICES_ROTATE: rotate.join(','), CDK8S_SERVICES_RENEW_BEFORE: day };
}

async function probeAll(
  session: Session,
  namespaces: readonly string[],
  objects: readonly KubernetesObject[],
  node: string,
): Promise<Probed[]> {
  const lists = await Promise.all(
    namespaces.map((namespace) => kubectlJson<List<Service>>(session, '-n', namespace, 'get', 'services')),
  );
  const applied = lists
    .flatMap(({ items }) => items)
    .filter(({ metadata: { name, namespace } }) =>
      objects.some(
        ({ kind, metadata }) => kind === 'Service' && metadata.name === name && metadata.namespace === namespace,
      ),
    );
  const probed = Promise.all(
    addressesOf(applied, node).map(async (address) =>
      address.url ? { ...address, answer: await probe(address.url, node) } : address,
    ),
  );
  return session.shell.until(probed);
}
