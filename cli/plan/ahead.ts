import { parentNameOf } from '../app/app-set';
import type { Project } from '../app/project';
import type { App } from '../app/render';
import { readLiveAhead } from '../inventory/live';
import type { Session } from '../machine/session';
import type { Progress } from '../terminal/progress';
import type { Plan } from './change';
import { planOf } from './plan';

/** The plan of an app that still runs: meanwhile the cluster is asked for what the app has there. */
export async function planAhead(
  session: Session,
  project: Project,
  app: Promise<App>,
  progress: Progress,
): Promise<Plan> {
  const live = readLiveAhead(session, parentNameOf(project));
  const { set, ...program } = await app;
  progress.step = 'compare';
  return planOf(session, set, program, live(set));
}
