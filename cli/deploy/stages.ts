import { shownKind } from '../../constructs/manifest/kinds';
import type { App } from '../app/render';
import { workloadsOf } from '../app/selection';
import { applied } from '../cluster/apply';
import { isAsApplied } from '../cluster/as-applied';
import { inOrder, Stage, stageOf } from '../cluster/kinds';
import { called, type KubernetesObject, keyOf, type Workload } from '../cluster/object';
import { asMembers } from '../inventory/members';
import type { Session } from '../machine/session';
import { Failure } from '../terminal/failure';
import type { Line, Progress } from '../terminal/progress';
import { waitForDefinitions } from './definitions';
import { rollouts } from './rollout';

/** What the API server and controllers write into metadata by themselves. */
const THEIRS = /^deployment\.kubernetes\.io\//;

/** What was applied, as the cluster has it. */
export interface Applied {
  readonly created: readonly KubernetesObject[];
  readonly changed: readonly KubernetesObject[];
}

/** Applies an app stage by stage, against what was there of it before. */
export class Stages {
  private readonly created: KubernetesObject[] = [];
  private readonly changed: KubernetesObject[] = [];
  private readonly objects: readonly KubernetesObject[];

  constructor(
    private readonly session: Session,
    private readonly app: App,
    private readonly there: ReadonlyMap<string, KubernetesObject>,
    private readonly timeout: number,
  ) {
    this.objects = inOrder(asMembers(app.objects, app.set));
  }

  async apply(progress: Progress): Promise<Applied> {
    const databases = await progress.run('apply', async (line) => {
      const databases = await this.applyFirst(line);
      if (databases.length === 0) {
        await this.applyRest(line);
      }
      this.tell(line);
      return databases;
    });
    if (databases.length > 0) {
      await progress.each('wait for databases', rollouts(this.session, databases, this.timeout), databases.length);
      await progress.run('apply the rest', async (line) => {
        await this.applyRest(line);
        this.tell(line);
      });
    }
    return { created: this.created, changed: this.changed };
  }

  /**
   * Configuration, storage and databases. Those databases that were there and change are returned: they are waited for,
   * before anything that uses them changes. What is new changes nothing, and a database may be waiting for it.
   */
  private async applyFirst(line: Line): Promise<Workload[]> {
    const definitions = this.of(Stage.DEFINITIONS);
    if (definitions.length > 0) {
      await this.put([...this.of(Stage.NAMESPACES), ...definitions], line);
      await waitForDefinitions(this.session, definitions, line, this.timeout);
      await this.put(this.of(Stage.CONFIG), line);
    } else {
      await this.put([...this.of(Stage.NAMESPACES), ...this.of(Stage.CONFIG)], line);
    }
    const before = this.changed.length;
    await this.put(this.of(Stage.DATABASES), line);
    const databases = workloadsOf(this.changed.slice(before));
    if (databases.length > 0) {
      await this.put(
        workloadsOf(this.of(Stage.REST)).filter((workload) => !this.there.has(this.keyOf(workload))),
        line,
      );
    }
    return databases;
  }

  private async applyRest(line: Line): Promise<void> {
    const done = new Set(this.created.map((object) => this.keyOf(object)));
    const left = this.of(Stage.REST).filter((object) => !done.has(this.keyOf(object)));
    await this.put(left, line);
    await this.put(this.of(Stage.HOOKS), line);
  }

  /** Applies objects. What is still being deleted takes no change: it is applied again when it is gone. */
  private async put(objects: readonly KubernetesObject[], line: Line): Promise<void> {
    const end = Date.now() + this.timeout;
    let pending = objects.filter((object) => !this.isDone(object));
    while (pending.length > 0) {
      const found = await applied(this.session, pending, this.app.set.fallback);
      const ending = found.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
      this.note(found.filter((object) => !ending.includes(object)));
      const [first] = ending;
      if (first === undefined) {
        return;
      }
      if (Date.now() > end) {
        throw stillThere(this.session, first, this.timeout);
      }
      line.update(`${called(first)} is still being deleted`);
      await this.session.shell.sleep(1000);
      const keys = new Set(ending.map((object) => this.keyOf(object)));
      pending = pending.filter((object) => keys.has(this.keyOf(object)));
    }
  }

  /** Whether an apply would change nothing: most of what a large program has needs none. */
  private isDone(object: KubernetesObject): boolean {
    const live = this.there.get(this.keyOf(object));
    return live !== undefined && isAsApplied(live, object);
  }

  private note(objects: readonly KubernetesObject[]): void {
    for (const object of objects) {
      const before = this.there.get(this.keyOf(object));
      if (!before || before.metadata.uid !== object.metadata.uid) {
        this.created.push(object);
      } else if (isChanged(before, object)) {
        this.changed.push(object);
      }
    }
  }

  private tell(line: Line): void {
    const { length } = this.objects;
    const { created, changed } = this;
    const counts = [
      ...(created.length > 0 ? [`${created.length} created`] : []),
      ...(changed.length > 0 ? [`${changed.length} changed`] : []),
    ];
    line.update(`${length} objects, ${counts.join(', ') || 'none changed'}`);
  }

  private of(stage: Stage): KubernetesObject[] {
    return this.objects.filter((object) => stageOf(object) === stage);
  }

  private keyOf(object: KubernetesObject): string {
    return keyOf(object, this.app.set.fallback);
  }
}

/** Whether two states of an object differ in more than what controllers say of it. */
export function isChanged(before: KubernetesObject, after: KubernetesObject): boolean {
  return (
    before.metadata.resourceVersion !== after.metadata.resourceVersion && substanceOf(before) !== substanceOf(after)
  );
}

function substanceOf(object: KubernetesObject): string {
  const { status: _, metadata, ...rest } = object as KubernetesObject & { readonly status?: unknown };
  const { labels, annotations = {} } = metadata;
  const own = Object.entries(annotations).filter(([name]) => !THEIRS.test(name));
  return JSON.stringify([rest, Object.entries(labels ?? {}).sort(), own.sort()]);
}

function stillThere({ profile, again }: Session, object: KubernetesObject, timeout: number): Failure {
  const { metadata } = object;
  const where = metadata.namespace === undefined ? '' : ` -n ${metadata.namespace}`;
  const { finalizers = [] } = metadata;
  const held = finalizers.length > 0 ? `, held by ${finalizers.join(', ')}` : '';
  return new Failure({
    cause: `${called(object)} is still being deleted after ${Math.round(timeout / 1000)} s${held}`,
    next: `kubectl --context ${profile}${where} describe ${shownKind(object).toLowerCase()} ${metadata.name}, and when it is gone run: ${again}`,
  });
}
