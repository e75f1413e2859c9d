import { parentNameOf } from '../inventory/app-set';
import type { Progress } from '../progress';
import type { Project } from '../project';
import type { Session } from '../session';
import type { App } from '../steps/render';
import { withApi } from './api';
import type { Plan } from './change';
import { readLiveAhead } from './live';
import { planWith } from './plan';
import { Resources } from './resources';

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
