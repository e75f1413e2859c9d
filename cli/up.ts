import { Failure } from './failure';
import type { KubernetesObject } from './kubernetes';
import type { Item, Line, Progress } from './progress';
import { type Project, readProject } from './project';
import { commandOf, type Session } from './session';
import { type Cluster, startCluster } from './steps/cluster';
import { deploy } from './steps/deploy';
import { dockerEnv } from './steps/docker-env';
import { imagesIn, missingImages } from './steps/images';
import { enableIngress } from './steps/minikube';
import { type App, appOf } from './steps/render';
import { renewal } from './steps/renewal';
import { report } from './steps/report';
import { type Manifest, synthesize } from './steps/synthesize';
import { checkTools } from './steps/tools';
import { findUnchanged, tellUnchanged } from './steps/unchanged';
import { watch } from './watch/watch';

/** Two builds at once: more of them take longer on the two cores that minikube has by default. */
const BUILDS = 2;

export interface UpOptions {
  readonly without: readonly string[];
  /** How long namespaces and workloads are waited for, in milliseconds. */
  readonly timeout: number;
  /** Names of Secrets whose values are made anew. */
  readonly rotate?: readonly string[];
  /** Delete what the app does not have any more; what `rotate` does not ask for. */
  readonly prune?: boolean;
  /** Delete the data of that too. */
  readonly withData?: boolean;
  /** Go on with what is saved from then on. */
  readonly watch?: boolean;
}

/** Makes the app of this folder run, and says where it is found. Whatever is done already is left alone. */
export async function up(session: Session, progress: Progress, options: UpOptions): Promise<void> {
  const { timeout, rotate, prune = false, withData = false } = options;
  const command = rotate ? 'rotate' : 'up';
  const project = await findProject(session, progress);
  // while it is watched, cdk8s.yaml may be saved like any other file
  const current = () => readProject(session.folder);
  const starting = startOf(session);
  const synthesis = (session: Session) => ({
    name: 'synthesize',
    run: (line: Line) => synthesize(session, current(), line, renewal(rotate)),
  });
  const apply = async (session: Session, app: App, cluster: Cluster) => {
    const [unchanged, built] = await Promise.all([
      findUnchanged(session, app),
      provide(session, progress, cluster, app.objects),
    ]);
    return unchanged && built === 0
      ? tellUnchanged(progress, app, unchanged)
      : deploy(session, progress, app, { command, timeout, prune, withData });
  };
  const bring = async (app: App, cluster: Cluster) => {
    await report(session, progress, app.objects, await apply(session, app, cluster), cluster);
    return app;
  };
  const appIn = (manifests: readonly Manifest[]) => appOf(session, current(), manifests, options.without);
  if (options.watch) {
    const cluster = await progress.run(starting.name, starting.run);
    const render = async (session: Session) => {
      const { name, run } = synthesis(session);
      return appIn(await progress.run(name, run));
    };
    await watch(session, progress, project, {
      bring: async () => bring(await render(session), cluster),
      render,
      apply: (session, part) => apply(session, part, cluster),
    });
  }
  const [cluster, manifests] = await progress.both(starting, synthesis(session));
  await bring(await appIn(manifests), cluster);
}

/** Finds the tools and the app, and makes sure that its cluster runs. */
export async function prepare(session: Session, progress: Progress): Promise<Cluster> {
  await findProject(session, progress);
  const { name, run } = startOf(session);
  return progress.run(name, run);
}

function findProject(session: Session, progress: Progress): Promise<Project> {
  return progress.run('check tools', async () => {
    checkTools(session.again, session.profile === 'minikube' ? ['docker', 'minikube', 'kubectl'] : ['kubectl']);
    return readProject(session.folder);
  });
}

function startOf(session: Session): Item<Cluster> {
  return { name: 'cluster', run: (line) => startCluster(session, line) };
}

/** Makes what minikube lacks for these objects: images, whose number is returned, and the controller of Ingresses. */
async function provide(
  session: Session,
  progress: Progress,
  cluster: Cluster,
  objects: readonly KubernetesObject[],
): Promise<number> {
  const { runtime } = cluster;
  const images = imagesIn(objects);
  if (runtime === undefined) {
    refuseLocalImages(
      session,
      images.map(({ reference }) => reference),
    );
    return 0;
  }
  const missing = await progress.run('find images', async (line) => {
    const env = runtime === 'docker' && images.length > 0 ? await dockerEnv(session) : {};
    const missing = await missingImages(session, images, runtime, env);
    line.update(`${images.length - missing.length} of ${images.length} are there`);
    return missing;
  });
  await progress.each('build images', missing, BUILDS);
  if (objects.some(({ kind }) => kind === 'Ingress')) {
    await progress.run('enable ingress', (line) => enableIngress(session, line));
  }
  return missing.length;
}

/** What is built here reaches the nodes of minikube alone. */
function refuseLocalImages(session: Session, references: readonly string[]): void {
  if (references.length > 0) {
    throw new Failure({
      cause: `the nodes of '${session.profile}' cannot have images that are built here`,
      details: references,
      next: `take them from a registry ('Images.registry'), fill it by: ${commandOf(session, 'images', '--push')}, then run: ${session.again}`,
    });
  }
}
