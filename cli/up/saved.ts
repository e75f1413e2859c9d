import { fstatSync, type Stats } from 'node:fs';
import { isAbsolute, relative, sep } from 'node:path';
import { watch } from 'chokidar';
import type { Project } from '../app/project';
import type { Session } from '../machine/session';

/** An editor saves in several steps, and a checkout many files. */
const SETTLED = 150;

/** The files of an app that are saved while it is watched. */
export class Saved {
  private readonly paths = new Set<string>();
  private readonly watcher;
  private last = 0;
  private notify: () => void = () => undefined;

  constructor(
    private readonly session: Session,
    { folder, output }: Project,
  ) {
    const ignored = (path: string) => isIgnored(relative(folder, path), relative(folder, output));
    this.watcher = watch(folder, { ignored, ignoreInitial: true, alwaysStat: true });
    this.watcher.on('all', (_, path, stats) => {
      if (stats && isOutput(stats)) {
        return;
      }
      this.paths.add(relative(folder, path));
      this.last = Date.now();
      this.notify();
    });
  }

  /** Until files are watched. */
  ready(): Promise<void> {
    return this.session.shell.until(new Promise((resolve) => this.watcher.once('ready', () => resolve())));
  }

  /** Those that are saved from the last call on, once no more of them come. */
  async next(): Promise<string[]> {
    while (this.paths.size === 0) {
      await this.session.shell.until(this.any());
    }
    while (Date.now() - this.last < SETTLED) {
      await this.session.shell.sleep(SETTLED);
    }
    const paths = [...this.paths].sort();
    this.paths.clear();
    return paths;
  }

  /** Until one is saved that `next` has not told. */
  any(): Promise<void> {
    return new Promise((resolve) => {
      this.notify = resolve;
      if (this.paths.size > 0) {
        resolve();
      }
    });
  }

  async close(): Promise<void> {
    await this.watcher.close();
  }
}

/** What is written by a synth or by others, and none of an app's sources. */
export function isIgnored(path: string, output: string): boolean {
  if (path === '') {
    return false;
  }
  const parts = path.split(sep);
  return (
    path === output ||
    path.startsWith(output + sep) ||
    isAbsolute(path) ||
    parts.some((part) => part === 'node_modules' || part.startsWith('.') || part.endsWith('~'))
  );
}

/** Whether it is the file that this process writes to: to follow that would never end. */
export function isOutput(file: Stats, streams: readonly number[] = [1, 2]): boolean {
  return streams.some((stream) => {
    const { dev, ino } = fstatSync(stream);
    return file.ino === ino && file.dev === dev;
  });
}
