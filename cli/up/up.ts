// cli/up/: the commands `up` and `rotate`, and `up --watch`, which deploys again when a file is saved.

import { isKind } from '../../constructs/manifest/kinds';
import { findProject, startOf } from '../app/prepare';
import { readProject } from '../app/project';
import { type App, appOf, refuseNameless } from '../app/render';
import { renewal } from '../app/renewal';
import { synthesize } from '../app/synthesize';
import type { KubernetesObject } from '../cluster/object';
import { deploy } from '../deploy/deploy';
import { report } from '../deploy/report';
import { findUnchanged, tellUnchanged } from '../deploy/unchanged';
import { provideImages } from '../images/provide';
import { type Cluster, enableIngress } from '../machine/minikube';
import type { Session } from '../machine/session';
import type { Item, Progress } from '../terminal/progress';
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
  const { timeout, rotate, prune = false, withData = false } = options;
  const command = rotate ? 'rotate' : 'up';
  const project = await findProject(session, progress);
  // while it is watched, cdk8s.yaml may be saved like any other file
  const current = () => readProject(session.folder);
  const starting = startOf(session);
  const rendering = (session: Session): Item<App> => ({
    name: 'synthesize',
    run: async (line) => {
      const project = current();
      const manifests = await synthesize(session, project, line, renewal(rotate));
      const app = await appOf(session, project, manifests, options.without);
      refuseNameless(session, app.objects);
      return app;
    },
  });
  const apply = async (session: Session, app: App, cluster: Cluster) => {
    await provide(session, progress, cluster, app.objects);
    return deploy(session, progress, app, { command, timeout, prune, withData });
  };
  if (options.watch) {
    const cluster = await progress.run(starting.name, starting.run);
    const render = (session: Session) => {
      const { name, run } = rendering(session);
      return progress.run(name, run);
    };
    const bring = async () => {
      const app = await render(session);
      await report(session, progress, app.objects, await apply(session, app, cluster), cluster);
      return app;
    };
    await watch(session, progress, project, {
      bring,
      render,
      apply: (session, part) => apply(session, part, cluster),
    });
  }
  const both = progress.both(starting, rendering(session));
  const looking = findUnchanged(
    session,
    project,
    both.then(([, app]) => app),
  );
  const [cluster, app] = await both;
  const built = await provide(session, progress, cluster, app.objects);
  const unchanged = await looking;
  const deployed =
    unchanged && built === 0
      ? await tellUnchanged(progress, unchanged)
      : await deploy(session, progress, app, { command, timeout, prune, withData });
  await report(session, progress, app.objects, deployed, cluster);
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
