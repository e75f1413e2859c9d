import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { chart } from '../../../chart/chart';
import { folder } from '../runner/folder';
import { type Result, run } from '../runner/run';

/** Which of them is tested: another version may have another name. */
const HELM = process.env.E2E_HELM ?? 'helm';

/** Why nothing can be tested with Helm here, if nothing can. */
export const NO_HELM =
  spawnSync(HELM, ['version']).status === 0 ? undefined : `${HELM} is missing: https://helm.sh/docs/intro/install/`;

/** The chart in a folder, and Helm. */
export class Chart {
  private readonly path = join(folder(), 'cdk8s-services');
  private values = 0;

  constructor() {
    for (const [file, content] of Object.entries(chart())) {
      mkdirSync(dirname(join(this.path, file)), { recursive: true });
      writeFileSync(join(this.path, file), content);
    }
  }

  /** Runs Helm, on the chart where a command takes one, with the values. */
  async helm(command: string[], values?: object, seconds = 60): Promise<Result> {
    return run(HELM, [...command, ...this.arguments(values)], { seconds });
  }

  /** The same, where anything but success is a failure. */
  async done(command: string[], values?: object, seconds?: number): Promise<string> {
    const { code, stdout, stderr } = await this.helm(command, values, seconds);
    if (code !== 0) {
      throw new Error(`${HELM} ${command.join(' ')} ended with ${code}: ${stderr.trim()}`);
    }
    return stdout;
  }

  private arguments(values: object | undefined): string[] {
    if (values === undefined) {
      return [];
    }
    const file = `${this.path}-${this.values++}.json`;
    writeFileSync(file, JSON.stringify(values));
    return [this.path, '--values', file];
  }
}
