import type { AppSet } from '../app/app-set';
import type { Api } from '../cluster/api';
import type { Event, Job, KubernetesObject, Pod } from '../cluster/object';
import { type Live, readLive } from '../inventory/live';
import type { Session } from '../machine/session';
import type { Tools } from '../plan/plan';
import { Failure } from '../terminal/failure';
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

interface Node extends KubernetesObject {
  readonly status?: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] };
}

export async function readApp(session: Session, set: AppSet, tools: Tools): Promise<Seen> {
  const live = await readLive(session, permitted(tools.api), tools.resources, set);
  const members = [...live.members.values()];
  const namespaces = [...new Set(members.flatMap(({ metadata }) => metadata.namespace ?? []))];
  const reader = new Reader(session, tools, namespaces);
  const [pods, jobs, claims, warnings, nodes] = await Promise.all([
    reader.list<Pod>('/api/v1', 'pods'),
    reader.list<Job>('/apis/batch/v1', 'jobs'),
    reader.list<Claim>('/api/v1', 'persistentvolumeclaims'),
    reader.list<Event>('/api/v1', 'events', '?fieldSelector=type%3DWarning'),
    reader.nodes(),
  ]);
  return {
    live,
    members,
    pods,
    jobs,
    claims,
    warnings: warnings.sort((a, b) => time(b) - time(a)),
    node: addressOf(nodes),
  };
}

/** The same API, where what one may not list counts as not there: namespaces and Secrets are not everybody's. */
function permitted(api: Api): Api {
  const none = { status: 200, body: { apiVersion: 'v1', kind: 'List', metadata: {}, items: [] }, warnings: [] };
  return {
    dryRun: (path, object) => api.dryRun(path, object),
    get: async (path) => {
      const answer = await api.get(path);
      return answer.status === 403 && path.includes('labelSelector=') ? none : answer;
    },
  };
}

class Reader {
  constructor(
    private readonly session: Session,
    private readonly tools: Tools,
    private readonly namespaces: readonly string[],
  ) {}

  /** What all namespaces of the app have of one kind. */
  async list<T>(root: string, name: string, query = ''): Promise<T[]> {
    const scopes = this.namespaces.length > FEW ? [''] : this.namespaces.map((namespace) => `/namespaces/${namespace}`);
    const lists = await Promise.all(
      scopes.map(async (scope) => {
        const { status, body } = await this.tools.api.get(`${root}${scope}/${name}${query}`);
        if (status !== 200) {
          const next = `kubectl --context ${this.session.profile} auth can-i list ${name} -n ${this.namespaces[0]}`;
          throw new Failure({ cause: `the cluster does not list ${name}: ${body.message}`, next });
        }
        const { apiVersion } = body;
        const kind = body.kind.replace(/List$/, '');
        return body.items.map((item: T) => ({ ...item, apiVersion, kind }));
      }),
    );
    return lists.flat();
  }

  /** Not all may list nodes. */
  async nodes(): Promise<readonly Node[]> {
    const { status, body } = await this.tools.api.get('/api/v1/nodes');
    return status === 200 ? body.items : [];
  }
}

function addressOf(nodes: readonly Node[]): string {
  const addresses = nodes.flatMap(({ status }) => status?.addresses ?? []);
  return addresses.find(({ type }) => type === 'InternalIP')?.address ?? '<node>';
}

function time({ lastTimestamp, eventTime }: Event): number {
  return Date.parse(lastTimestamp ?? eventTime ?? '') || 0;
}
