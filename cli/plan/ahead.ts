import { parentNameOf } from '../app/app-set';
import type { Project } from '../app/project';
import type { App } from '../app/render';
import { withApi } from '../cluster/api';
import { Resources } from '../cluster/resources';
import { readLiveAhead } from '../inventory/live';
import type { Session } from '../machine/session';
import type { Progress } from '../terminal/progress';
import type { Plan } from './change';
import { planWith } from './plan';

/** The plan of an app that still runs: meanwhile the cluster is asked for what the app has there. */
export function planAhead(session: Session, project: Project, app: Promise<App>, progress: Progress): Promise<Plan> {
  app.catch(() => undefined);
  return withApi(session, async (api) => {
    const resources = new Resources(api);
    const live = readLiveAhead(session, api, resources, parentNameOf(project));
    const { set, ...program } = await app;
    progress.step = 'compare';
    return planWith(session, set, program, { api, resources, live });
  });
}
