import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type App, Chart } from 'cdk8s';
import { RestrictedNamespace } from '../../../constructs';
import { folder } from '../runner/folder';
import { type Result, run } from '../runner/run';
import { suiteName } from '../runner/suite';
import { kubectl, LABEL } from './kubectl';
import { synthesizeOwn } from './namespaces';

const CLI = resolve(__dirname, '../../../lib/cli.js');

/** A program with a namespace of its own, in a folder of its own, that the command line deploys from there. */
export class Program {
  readonly folder = folder();
  private readonly written = join(this.folder, 'written');

  constructor(readonly namespace: string) {
    writeFileSync(join(this.folder, 'package.json'), JSON.stringify({ name: namespace }));
    writeFileSync(join(this.folder, 'cdk8s.yaml'), 'app: mkdir "$CDK8S_OUTDIR" && cp written/* "$CDK8S_OUTDIR"\n');
  }

  /** What the program says from now on, in its namespace. */
  write(build: (chart: Chart) => void): void {
    const outdir = mkdtempSync(join(this.folder, 'synth-'));
    const whole = (app: App) => {
      const { resource } = new RestrictedNamespace(new Chart(app, 'namespace'), this.namespace);
      resource.metadata.addLabel(LABEL, suiteName());
      build(new Chart(app, 'app', { namespace: this.namespace }));
    };
    synthesizeOwn(whole, this.folder, outdir);
    rmSync(this.written, { recursive: true, force: true });
    renameSync(outdir, this.written);
  }

  /** A program that does not synthesize any more, until it is written anew. */
  break(): void {
    rmSync(this.written, { recursive: true, force: true });
  }

  /** Runs a command of the command line, without a terminal. */
  async run(...args: string[]): Promise<Result> {
    const context = (await kubectl(['config', 'current-context'])).trim();
    const command = `cd "$0" && exec "$@"`;
    return run('sh', ['-c', command, this.folder, process.execPath, CLI, ...args, '-p', context], { seconds: 200 });
  }

  /** The same, where anything but success is a failure. */
  async runs(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args);
    if (code !== 0) {
      throw new Error(`expected ${args.join(' ')} to succeed, got ${code}: ${stdout}${stderr}`);
    }
    return stdout;
  }
}
