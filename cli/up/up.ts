// cli/up/: the commands `up` and `rotate`, and `up --watch`, which deploys again when a file is saved.

import { isKind } from '../../constructs/manifest/kinds';
import { findProject, startOf } from '../app/prepare';
import { type Project, readProject } from '../app/project';
import { type App, appOf, refuseNameless } from '../app/render';
import { renewal } from '../app/renewal';
import { synthesize } from '../app/synthesize';
import type { KubernetesObject } from '../cluster/object';
import { clusterText } from '../cluster/start';
import { deploy } from '../deploy/deploy';
import { report } from '../deploy/report';
import { type Look, lookAtUnchanged, tellUnchanged } from '../deploy/unchanged';
import { imagesIn } from '../images/images';
import { provideImages } from '../images/provide';
import { type Cluster, enableIngress } from '../machine/minikube';
import type { Session } from '../machine/session';
import type { Item, Line, Progress } from '../terminal/progress';
import { watch } from './watch';

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
  const project = await findProject(session, progress);
  return options.watch ? upAndWatch(session, progress, project, options) : upOnce(session, progress, project, options);
}

async function upOnce(session: Session, progress: Progress, project: Project, options: UpOptions): Promise<void> {
  const rendering = renderingOf(session, options);
  const { promise: written, item: rendered } = announced(rendering);
  const look = lookAtUnchanged(session, project, written);
  const [cluster, app] = await progress.both(askingOf(session, look), rendered);
  const unchanged = await look.found;
  const built =
    unchanged && unchanged.cluster === cluster
      ? await tellProvided(progress, cluster, app.objects)
      : await provide(session, progress, cluster, app.objects);
  const deployed =
    unchanged && built === 0
      ? await tellUnchanged(progress, unchanged.live)
      : await deploy(session, progress, app, howOf(options));
  await report(session, progress, app.objects, deployed, cluster);
}

/** Never ends by itself. */
async function upAndWatch(session: Session, progress: Progress, project: Project, options: UpOptions): Promise<never> {
  const starting = startOf(session);
  const cluster = await progress.run(starting.name, starting.run);
  const render = (held: Session) => {
    const { name, run } = renderingOf(held, options);
    return progress.run(name, run);
  };
  const apply = async (held: Session, app: App) => {
    await provide(held, progress, cluster, app.objects);
    return deploy(held, progress, app, howOf(options));
  };
  const bring = async () => {
    const app = await render(session);
    await report(session, progress, app.objects, await apply(session, app), cluster);
    return app;
  };
  return watch(session, progress, project, { bring, render, apply });
}

function howOf({ timeout, rotate, prune = false, withData = false }: UpOptions) {
  return { command: rotate ? 'rotate' : 'up', timeout, prune, withData } as const;
}

/** The step in which the app writes what is to run. While it is watched, cdk8s.yaml may be saved like any other file. */
function renderingOf(session: Session, { rotate, without }: UpOptions): Item<App> {
  return {
    name: 'synthesize',
    run: async (line) => {
      const project = readProject(session.folder);
      const manifests = await synthesize(session, project, line, renewal(rotate));
      const app = await appOf(session, project, manifests, without);
      refuseNameless(session, app.objects);
      return app;
    },
  };
}

/** The step in which the cluster is found. minikube is not asked where the cluster says itself that nothing is to be done. */
function askingOf(session: Session, { isLikely, found }: Look): Item<Cluster> {
  const starting = startOf(session);
  return {
    name: starting.name,
    run: async (line) => {
      const { cluster } = ((await isLikely) && (await found)) || {};
      if (!cluster) {
        return starting.run(line);
      }
      line.update(clusterText(session, cluster));
      return cluster;
    },
  };
}

/** A step, and what will come of it, for those who begin before it does. */
function announced<T>({ name, run }: Item<T>): { readonly promise: Promise<T>; readonly item: Item<T> } {
  let tell: (value: Promise<T>) => void = () => undefined;
  const promise = new Promise<T>((resolve) => {
    tell = resolve;
  });
  const item = {
    name,
    run: (line: Line) => {
      const value = run(line);
      tell(value);
      return value;
    },
  };
  return { promise, item };
}

/** Tells of images that are there what `provide` tells. */
async function tellProvided(
  progress: Progress,
  { runtime }: Cluster,
  objects: readonly KubernetesObject[],
): Promise<number> {
  const { length } = imagesIn(objects);
  if (runtime !== undefined) {
    await progress.run('find images', async (line) => line.update(`${length} of ${length} are there`));
  }
  return 0;
}

/** Makes what minikube lacks for these objects: images, whose number is returned, and the controller of Ingresses. */
async function provide(
  session: Session,
  progress: Progress,
  cluster: Cluster,
  objects: readonly KubernetesObject[],
): Promise<number> {
  const built = await provideImages(session, progress, cluster, objects);
  if (cluster.runtime !== undefined && objects.some((object) => isKind(object, 'Ingress'))) {
    await progress.run('enable ingress', (line) => enableIngress(session, line));
  }
  return built;
}
