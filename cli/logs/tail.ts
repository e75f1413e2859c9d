import { ApiError } from '../cluster/api-error';
import type { ContainerStatus, Pod } from '../cluster/object';
import type { Shell } from '../machine/shell';
import { type LogLine, Position, parseLine } from './line';
import { lifeOf, type Reads } from './pods';

/** After the end of a stream, until the cluster tells why it ended. */
const PAUSE = 500;
const FORBIDDEN = 403;

/** How much is wanted of what a container has said already. */
export interface Range {
  /** Lines; all unless given. */
  readonly lines?: number;
  /** Of the last seconds; all unless given. */
  readonly seconds?: number;
}

/**
 * The log of one container over all its lives. Each life is read to its end, and what ended meanwhile is read
 * afterwards; the position says what is new.
 */
export class Tail {
  private readonly position = new Position();
  private readonly path: string;
  private status: ContainerStatus | undefined;
  /** The life that was read last. */
  private read: string | undefined;
  private isBusy = false;

  constructor(
    private readonly api: Reads,
    pod: Pod,
    private readonly container: string,
    private readonly print: (line: LogLine) => void,
  ) {
    this.path = `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}/log`;
  }

  /** What it has said already. */
  async history(range: Range, previous = false): Promise<LogLine[]> {
    const lines: LogLine[] = [];
    await this.copy({ ...rangeQuery(range), ...(previous ? { previous: 'true' } : {}) }, (line) => lines.push(line));
    return lines;
  }

  /** Tells how the container is; undefined when its pod is gone. What is new is then read, without waiting for that. */
  async update(shell: Pick<Shell, 'sleep'>, status: ContainerStatus | undefined, range: Range = {}): Promise<void> {
    this.status = status;
    if (this.isBusy) {
      return;
    }
    this.isBusy = true;
    try {
      for (let life = this.life; life !== undefined && life !== this.read; life = this.life) {
        if (this.read !== undefined) {
          await this.copy({ previous: 'true' }, this.print);
        }
        await this.copy({ follow: 'true', ...(this.position.time ? {} : rangeQuery(range)) }, this.print);
        await shell.sleep(PAUSE);
        // a connection that was lost, while the container goes on
        const isLost = this.status?.state?.running !== undefined && this.life === life;
        if (!isLost) {
          this.read = life;
        }
      }
    } finally {
      this.isBusy = false;
    }
  }

  private get life(): string | undefined {
    return this.status && lifeOf(this.status);
  }

  private async copy(query: { readonly [name: string]: string }, print: (line: LogLine) => void): Promise<void> {
    const { time: sinceTime } = this.position;
    const all = { container: this.container, timestamps: 'true', ...query, sinceTime };
    this.position.rewind();
    try {
      for await (const text of this.api.lines(this.path, all)) {
        const line = parseLine(text);
        if (line && this.position.passes(line)) {
          print(line);
        }
      }
    } catch (error) {
      // a container that has not begun, or is gone, has no log; where nobody answers, it is asked again
      if (!(error instanceof ApiError) || error.status === FORBIDDEN) {
        throw error;
      }
    }
  }
}

function rangeQuery({ lines, seconds }: Range): { readonly [name: string]: string } {
  return {
    ...(lines === undefined ? {} : { tailLines: String(lines) }),
    ...(seconds === undefined ? {} : { sinceSeconds: String(seconds) }),
  };
}
