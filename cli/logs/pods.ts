import type { Api } from '../cluster/api';
import { ApiError, isStatus } from '../cluster/api-error';
import type { ContainerStatus, List, Pod } from '../cluster/object';
import type { Shell } from '../machine/shell';

const PAUSE = 1000;
const GONE = 410;

/** What is asked of the API for logs. */
export type Reads = Pick<Api, 'read' | 'lines'>;

interface PodList extends List<Pod> {
  readonly metadata: { readonly resourceVersion: string };
}

interface PodEvent {
  readonly type: string;
  readonly object: Pod & { readonly code?: number };
}

export interface Listener {
  onPod(pod: Pod): void;
  onGone(pod: Pod): void;
  /** The API does not answer, and is asked until it does. */
  onSilence(why: string): void;
}

/** The pods of a namespace, and from then on what happens to them. */
export class PodWatch {
  private isSilent = false;

  private constructor(
    private readonly api: Reads,
    private readonly path: string,
    private known: ReadonlyMap<string, Pod>,
    private version: string,
  ) {}

  static async start(api: Reads, namespace: string): Promise<PodWatch> {
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const { pods, version } = await list(api, path);
    return new PodWatch(api, path, pods, version);
  }

  get pods(): Pod[] {
    return [...this.known.values()];
  }

  /** Tells what happens, without an end. */
  async follow(shell: Pick<Shell, 'sleep'>, listener: Listener): Promise<never> {
    for (;;) {
      try {
        await this.watch(listener);
      } catch (error) {
        if (!(error instanceof ApiError) && !(error instanceof SyntaxError)) {
          throw error;
        }
        if (!isStatus(error, GONE)) {
          this.tellSilence(listener, wordsOf(error));
        }
      }
      await shell.sleep(PAUSE);
      await this.relist(listener);
    }
  }

  /** A watch that ends, as each does after some time, may have missed something. */
  private async relist(listener: Listener): Promise<void> {
    try {
      const { pods, version } = await list(this.api, this.path);
      const before = this.known;
      this.isSilent = false;
      this.known = pods;
      this.version = version;
      for (const [uid, pod] of before) {
        if (!pods.has(uid)) {
          listener.onGone(pod);
        }
      }
      for (const pod of pods.values()) {
        listener.onPod(pod);
      }
    } catch (error) {
      if (!(error instanceof ApiError) && !(error instanceof SyntaxError)) {
        throw error;
      }
      this.tellSilence(listener, wordsOf(error));
    }
  }

  private tellSilence(listener: Listener, why: string): void {
    if (!this.isSilent) {
      this.isSilent = true;
      listener.onSilence(why);
    }
  }

  private async watch(listener: Listener): Promise<void> {
    const query = { watch: 'true', resourceVersion: this.version };
    const known = new Map(this.known);
    this.known = known;
    for await (const line of this.api.lines(this.path, query)) {
      const { type, object } = JSON.parse(line) as PodEvent;
      if (type === 'ERROR') {
        throw new ApiError({ status: object.code ?? 0, said: 'the watch ended', next: '' });
      }
      const uid = object.metadata.uid ?? '';
      this.version = object.metadata.resourceVersion ?? this.version;
      if (type === 'DELETED') {
        known.delete(uid);
        listener.onGone(object);
      } else {
        known.set(uid, object);
        listener.onPod(object);
      }
    }
  }
}

async function list(api: Reads, path: string): Promise<{ pods: Map<string, Pod>; version: string }> {
  const { items, metadata } = await api.read<PodList>(path);
  return { pods: new Map(items.map((pod) => [pod.metadata.uid ?? '', pod])), version: metadata.resourceVersion };
}

function wordsOf(error: ApiError | SyntaxError): string {
  return error instanceof ApiError ? error.said : error.message;
}

/** A container of a pod, of whichever sort. */
export interface Contained {
  readonly name: string;
  readonly isInit: boolean;
  readonly status: ContainerStatus;
}

export function containersOf({ status = {} }: Pod): Contained[] {
  const { initContainerStatuses = [], containerStatuses = [] } = status;
  return [
    ...initContainerStatuses.map((status) => ({ name: status.name, isInit: true, status })),
    ...containerStatuses.map((status) => ({ name: status.name, isInit: false, status })),
  ];
}

/** The one of a container's lives whose log the API gives: that which runs, or else the last one. */
export function lifeOf({ containerID, state, lastState }: ContainerStatus): string | undefined {
  if (state?.running) {
    return containerID;
  }
  return state?.terminated?.containerID ?? lastState?.terminated?.containerID;
}
