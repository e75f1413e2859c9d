import { type Api, apiOf } from '../cluster/api';
import type { ContainerStatus, Pod } from '../cluster/object';
import { reasonOfPod } from '../cluster/reasons';
import type { Session } from '../machine/session';
import { Shell } from '../machine/shell';
import { checkTools } from '../machine/tools';
import { findServices, isPodOf, type Place } from '../services/services';
import { EXIT_INTERRUPTED, EXIT_USAGE, Failure } from '../terminal/failure';
import { hasColours } from '../terminal/screen';
import type { LogLine } from './line';
import { type Contained, containersOf, lifeOf, PodWatch } from './pods';
import { Printer } from './printer';
import { type Range, Tail } from './tail';

/** Of each container, where its log is followed: what fits on a screen. */
const LINES = 20;

export interface LogsOptions {
  readonly services: readonly string[];
  readonly container?: string;
  /** On a terminal unless given. */
  readonly follow?: boolean;
  /** In seconds. */
  readonly since?: number;
  /** Lines of each container, or 'all'. */
  readonly tail?: number | 'all';
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly namespace?: string;
}

/** Prints what the containers of services say; followed, until Ctrl-C or until nobody reads it any more. */
export async function logs(session: Session, options: LogsOptions): Promise<number> {
  checkTools(session.again, ['kubectl']);
  const end = new AbortController();
  const onEnd = () => end.abort();
  session.signal.addEventListener('abort', onEnd, { once: true });
  process.stdout.once('error', onEnd);
  const own = { ...session, signal: end.signal, shell: new Shell(end.signal) };
  try {
    const places = await findServices(own, options);
    await new Logs(own, apiOf(own), places, options).run();
  } catch (error) {
    if (!end.signal.aborted) {
      throw error;
    }
  } finally {
    // what follows a log or a watch ends with it
    end.abort();
    session.signal.removeEventListener('abort', onEnd);
    process.stdout.off('error', onEnd);
  }
  return session.signal.aborted ? EXIT_INTERRUPTED : 0;
}

class Logs {
  private readonly printer: Printer;
  private readonly range: Range;
  private readonly follows: boolean;
  private readonly tails = new Map<string, Tail>();
  private readonly lives = new Map<string, string>();

  constructor(
    private readonly session: Session,
    private readonly api: Api,
    private readonly places: readonly Place[],
    private readonly options: LogsOptions,
  ) {
    const { previous, follow, tail, since, timestamps } = options;
    this.follows = !previous && (follow ?? process.stdout.isTTY === true);
    const lines = tail ?? (this.follows && since === undefined ? LINES : 'all');
    this.range = { lines: lines === 'all' ? undefined : lines, seconds: since };
    this.printer = new Printer({
      out: (text) => process.stdout.write(text),
      err: (text) => process.stderr.write(text),
      colours: hasColours(process.stdout),
      dim: hasColours(process.stderr),
      times: timestamps,
    });
  }

  async run(): Promise<void> {
    const namespaces = [...new Set(this.places.map(({ namespace }) => namespace))];
    const watches = await Promise.all(namespaces.map((namespace) => PodWatch.start(this.api, namespace)));
    const pods = watches.flatMap(({ pods }) => pods).filter((pod) => this.isWanted(pod));
    this.checkContainer(pods);
    await this.printHistory(pods);
    if (this.follows) {
      await this.follow(watches, pods);
    }
  }

  private follow(watches: readonly PodWatch[], pods: readonly Pod[]): Promise<never> {
    return new Promise((_, reject) => {
      const follow = (pod: Pod, isNew: boolean) => this.followPod(pod, isNew).catch(reject);
      for (const pod of pods) {
        follow(pod, false);
      }
      const listener = {
        onPod: (pod: Pod) => this.isWanted(pod) && follow(pod, true),
        onGone: (pod: Pod) => this.isWanted(pod) && this.forget(pod),
        onSilence: (why: string) => this.printer.notice(`the cluster does not answer, it is asked again: ${why}`),
      };
      for (const watch of watches) {
        watch.follow(this.session.shell, listener).catch(reject);
      }
    });
  }

  private checkContainer(pods: readonly Pod[]): void {
    const { container } = this.options;
    const names = [...new Set(pods.flatMap((pod) => containersOf(pod).map(({ name }) => name)))];
    if (container !== undefined && pods.length > 0 && !names.includes(container)) {
      throw new Failure({
        cause: `'${container}' is no container of ${this.names}`,
        next: `use one of: ${names.join(', ')}`,
        exitCode: EXIT_USAGE,
      });
    }
  }

  /** The last lines of all containers, in the order in which they were written. */
  private async printHistory(pods: readonly Pod[]): Promise<void> {
    const read = await Promise.all(
      pods.flatMap((pod) => this.containersOf(pod, false).map((container) => this.historyOf(pod, container))),
    );
    const lines = read.flatMap((known) => known ?? []).sort((a, b) => (a.line.moment < b.line.moment ? -1 : 1));
    for (const { source, line } of lines) {
      this.printer.line(source, line);
    }
    for (const pod of pods) {
      this.noticeWaiting(pod);
    }
    if (pods.length === 0) {
      this.printer.notice(`no pod of ${this.names} is there`);
    } else if (this.options.previous && read.every((known) => known === undefined)) {
      this.printer.notice('no container has ended before');
    }
  }

  /** What a container has said; undefined where that is asked for before it crashed, and it has not. */
  private async historyOf(pod: Pod, container: Contained): Promise<{ source: string; line: LogLine }[] | undefined> {
    const { previous } = this.options;
    const { lastState, state } = container.status;
    // what has done its work, or ends with its pod, has not crashed
    const hasCrashed = state?.terminated && state.terminated.exitCode !== 0 && !pod.metadata.deletionTimestamp;
    const died = hasCrashed ? state.terminated : lastState?.terminated;
    const source = this.sourceOf(pod, container.name);
    if (previous && !died) {
      return undefined;
    }
    const tail = this.tailOf(pod, container.name);
    const lines = await tail.history(this.range, previous && !hasCrashed);
    if (previous && died) {
      const silence = lines.length > 0 ? '' : ', and nothing is kept of what it said';
      this.printer.notice(`${source} ended with ${wordsFor(died)}${silence}`);
    }
    return lines.map((line) => ({ source, line }));
  }

  private async followPod(pod: Pod, isNew: boolean): Promise<void> {
    this.noticeWaiting(pod);
    for (const { name, isInit, status } of containersOf(pod).filter(({ name }) => this.isWantedOf(name))) {
      this.noticeLife(this.sourceOf(pod, name), status, isNew, isInit);
    }
    await Promise.all(
      this.containersOf(pod, isNew).map(({ name, status }) =>
        this.tailOf(pod, name).update(this.session.shell, status, isNew ? {} : this.range),
      ),
    );
  }

  private forget(pod: Pod): void {
    for (const { name } of containersOf(pod)) {
      const key = keyOf(pod, name);
      // its stream ends by itself, with what it has said last
      this.tails.get(key)?.update(this.session.shell, undefined);
      this.tails.delete(key);
      this.lives.delete(this.sourceOf(pod, name));
    }
    this.printer.notice(`- ${pod.metadata.name} is gone`);
  }

  /** An init container that has done its work before anybody looked is no news. */
  private containersOf(pod: Pod, isNew: boolean): Contained[] {
    return containersOf(pod).filter(
      ({ name, isInit, status }) =>
        this.isWantedOf(name) &&
        (isNew || !isInit || status.state?.terminated?.exitCode !== 0 || this.tails.has(keyOf(pod, name))),
    );
  }

  private tailOf(pod: Pod, container: string): Tail {
    const key = keyOf(pod, container);
    const source = this.sourceOf(pod, container);
    const tail = this.tails.get(key) ?? new Tail(this.api, pod, container, (line) => this.printer.line(source, line));
    this.tails.set(key, tail);
    return tail;
  }

  private noticeLife(source: string, status: ContainerStatus, isNews: boolean, isInit: boolean): void {
    const stage = stageOf(status);
    if (stage === this.lives.get(source)) {
      return;
    }
    this.lives.set(source, stage);
    const { running, terminated } = status.state ?? {};
    if (!isNews) {
      return;
    }
    if (running) {
      this.printer.notice(`+ ${source}${status.restartCount > 0 ? `, restarted ${status.restartCount}×` : ''}`);
    } else if (terminated && !(isInit && terminated.exitCode === 0)) {
      this.printer.notice(`- ${source} ended with ${wordsFor(terminated)}`);
    }
  }

  /** Why a pod says nothing. */
  private noticeWaiting(pod: Pod): void {
    const isSilent = containersOf(pod).every(({ status }) => lifeOf(status) === undefined);
    const isFailing = containersOf(pod).some(({ status }) => status.state?.waiting?.message !== undefined);
    if (isSilent && isFailing) {
      this.printer.noticeOnce(reasonOfPod(pod, [], this.session.profile).text);
    }
  }

  private get names(): string {
    return this.places.map(({ service }) => service).join(', ');
  }

  private isWanted(pod: Pod): boolean {
    return isPodOf(pod, this.places);
  }

  private isWantedOf(container: string): boolean {
    return this.options.container === undefined || this.options.container === container;
  }

  private sourceOf({ metadata: { namespace, name } }: Pod, container: string): string {
    const isOne = this.places.every((place) => place.namespace === this.places[0]?.namespace);
    return `${isOne ? '' : `${namespace}/`}${name}/${container}`;
  }
}

function keyOf({ metadata }: Pod, container: string): string {
  return `${metadata.uid}/${container}`;
}

function stageOf(status: ContainerStatus): string {
  return `${lifeOf(status)} ${Object.keys(status.state ?? {})[0]}`;
}

function wordsFor({ exitCode, reason }: { readonly exitCode: number; readonly reason?: string }): string {
  return `exit code ${exitCode}${reason && reason !== 'Error' && reason !== 'Completed' ? ` (${reason})` : ''}`;
}
