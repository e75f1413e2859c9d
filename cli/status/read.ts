import type { AppSet } from '../app/app-set';
import { type Api, apiOf } from '../cluster/api';
import { addressOf, readNodes } from '../cluster/nodes';
import type { Event, Job, KubernetesObject, Pod } from '../cluster/object';
import { type Live, readLive } from '../inventory/live';
import type { Session } from '../machine/session';
import type { Surroundings } from './health';
import type { Claim } from './volumes';

/** From so many namespaces on, all of them are asked at once. */
const FEW = 4;

/** What the cluster has of an app. */
export interface Seen extends Surroundings {
  readonly live: Live;
  readonly members: readonly KubernetesObject[];
  readonly claims: readonly Claim[];
  /** The address of a node; '<node>' for those who may not ask. */
  readonly node: string;
}

export async function readApp(session: Session, set: AppSet): Promise<Seen> {
  const api = apiOf(session);
  const live = await readLive(session, set, { lenient: true });
  const members = [...live.members.values()];
  const namespaces = [...new Set(members.flatMap(({ metadata }) => metadata.namespace ?? []))];
  const list = <T>(type: string, fields?: string) => listIn<T>(api, namespaces, type, fields);
  const [pods, jobs, claims, warnings, nodes] = await Promise.all([
    list<Pod>('v1/pods'),
    list<Job>('batch/v1/jobs'),
    list<Claim>('v1/persistentvolumeclaims'),
    list<Event>('v1/events', 'type=Warning'),
    readNodes(session),
  ]);
  return {
    live,
    members,
    pods,
    jobs,
    claims,
    warnings: warnings.sort((a, b) => time(b) - time(a)),
    node: addressOf(nodes) ?? '<node>',
  };
}

/** What all namespaces of the app have of one type. */
async function listIn<T>(api: Api, namespaces: readonly string[], type: string, fields?: string): Promise<T[]> {
  const scopes = namespaces.length > FEW ? [undefined] : namespaces;
  return (await Promise.all(scopes.map((namespace) => api.list<T>(type, { namespace, fields })))).flat();
}

function time({ lastTimestamp, eventTime }: Event): number {
  return Date.parse(lastTimestamp ?? eventTime ?? '') || 0;
}
