import { Listr, type ListrTaskWrapper, PRESET_TIMER } from 'listr2';
import { Failure, Interrupted } from './failure';
import { isLive } from './screen';

/** The line of one thing that goes on. */
export interface Line {
  /** Says how far it is; in a terminal in place, elsewhere as a new line. */
  update(text: string): void;
  /** Says something that stays on the screen. */
  keep(text: string): void;
}

export interface Item<T> {
  readonly name: string;
  run(line: Line): Promise<T>;
}

// biome-ignore lint/suspicious/noExplicitAny: the renderers' types differ, and nothing here depends on them
type Task = ListrTaskWrapper<any, any, any>;

const TERMINAL = isLive(process.stdout);
const LIVE = {
  collapseErrors: false,
  showErrorMessage: false,
  formatOutput: 'truncate',
  timer: { ...PRESET_TIMER, condition: (duration: number) => duration > 1000 },
} as const;

/** Shows steps as they go: live lines in a terminal, plain lines elsewhere. */
export class Progress {
  /** The step that goes on, for whoever reports a failure. */
  step = '';

  /** One step, on one line. */
  async run<T>(step: string, action: (line: Line) => Promise<T>): Promise<T> {
    const [result] = await this.each(step, [{ name: step, run: action }], 1);
    return result as T;
  }

  /** Two steps that do not wait for each other. What fails is told by its own name. */
  async both<A, B>(first: Item<A>, second: Item<B>): Promise<[A, B]> {
    const items: Item<A | B>[] = [first, second].map(({ name, run }) => ({
      name,
      run: async (line) => {
        try {
          return await run(line);
        } catch (error) {
          this.step = name;
          if (error instanceof Failure || error instanceof Interrupted) {
            error.step ??= name;
          }
          throw error;
        }
      },
    }));
    return (await this.each(`${first.name} and ${second.name}`, items, items.length)) as [A, B];
  }

  /** A step of several things at once, a line each. Those that fail do not stop the others, and are told together. */
  async each<T>(step: string, items: readonly Item<T>[], concurrency: number): Promise<T[]> {
    this.step = step;
    if (items.length === 0) {
      return [];
    }
    const results: T[] = [];
    const errors: unknown[] = [];
    const tasks = items.map(({ name, run }, index) => ({
      title: name,
      task: async (_: unknown, task: Task) => {
        const line = new TaskLine(name, task);
        try {
          results[index] = await run(line);
          line.done();
        } catch (error) {
          errors.push(error);
          line.failed(error);
          throw error;
        }
      },
    }));
    const listr = new Listr(tasks, {
      concurrent: concurrency > 1 ? concurrency : false,
      exitOnError: false,
      registerSignalListeners: false,
      renderer: TERMINAL ? 'default' : 'silent',
      rendererOptions: TERMINAL ? { ...LIVE } : {},
    });
    await listr.run();
    if (errors.length > 0) {
      throw together(step, errors);
    }
    return results;
  }
}

class TaskLine implements Line {
  private last = '';

  constructor(
    private readonly name: string,
    private readonly task: Task,
  ) {}

  update(text: string): void {
    if (text === this.last) {
      return;
    }
    this.last = text;
    if (TERMINAL) {
      this.task.title = `${this.name}: ${text}`;
    } else {
      process.stdout.write(`${this.name}: ${text}\n`);
    }
  }

  keep(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  done(): void {
    if (this.last === '' && !TERMINAL) {
      this.update('done');
    }
  }

  failed(error: unknown): void {
    this.update(error instanceof Interrupted ? 'interrupted' : `failed: ${(error as Error).message}`);
  }
}

/** An interruption comes first; several failures are one, told by the first with the others as its details. */
function together(step: string, errors: unknown[]): unknown {
  const interruption = errors.find((error) => error instanceof Interrupted);
  const first = interruption ?? errors[0];
  if (first instanceof Interrupted) {
    first.step ??= step;
    return first;
  }
  if (!(first instanceof Failure) || errors.length === 1) {
    if (first instanceof Failure) {
      first.step ??= step;
    }
    return first;
  }
  const others = errors.slice(1).flatMap((error) => {
    const { message, details } = error as Partial<Failure>;
    return [`and: ${message}`, ...(details ?? [])];
  });
  const { message: cause, next, exitCode, details } = first;
  const all = new Failure({ cause, next, exitCode, details: [...details, ...others] });
  all.step = first.step ?? step;
  return all;
}
