import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Cluster } from './cluster';

/**
 * The bundle as it is built, with docker, minikube and kubectl played by shell scripts on a PATH of their own. Each
 * case overrides what its script answers; the rest is a minikube that runs and has everything.
 */
export const CLI = join(__dirname, '..', '..', 'lib', 'cli.js');

export const SCRIPTS: { readonly [tool: string]: string } = {
  minikube: `case "$*" in
    *status*) echo '{"Name":"minikube","Host":"Running","APIServer":"Running"}' ;;
    *'profile list'*) echo '{"valid":[{"Name":"minikube","Config":{"KubernetesConfig":{"ContainerRuntime":"docker"}}}]}' ;;
    *docker-env*) echo DOCKER_HOST=unix:///none ;;
    *ip) echo 127.0.0.1 ;;
  esac`,
  kubectl: `case " $* " in
    *' proxy '*) echo $$ >"$CALLS/proxy"; echo "Starting to serve on $CALLS/../api"; exec sleep 600 ;;
    *' get-contexts '*) echo minikube ;;
    *' config view '*) ;;
    *' --raw /readyz '*) echo ok ;;
    *) exec '${process.execPath}' '${join(__dirname, 'kubectl.js')}' "$@" ;;
  esac`,
  docker: 'case "$1" in images) echo cdk8s-services/nginx:0123456789ab ;; build) exit 1 ;; esac',
};

export const WEB = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', generation: 1, labels: { 'app.kubernetes.io/instance': 'web' } },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'web' } },
    template: { spec: { containers: [{ name: 'web', image: 'cdk8s-services/nginx:0123456789ab' }] } },
  },
};
export const READY = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };

export const SHOP = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' }, status: { phase: 'Active' } };

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with an app whose synthesis is a copy, and with the tools. */
export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'cli-up-'));
  readonly api = new Cluster(join(this.folder, 'api'));
  /** More variables for what is started. */
  readonly variables: { [name: string]: string } = {};

  constructor(
    scripts: { readonly [tool: string]: string | undefined } = {},
    app = 'mkdir "$CDK8S_OUTDIR"; cp web.yaml "$CDK8S_OUTDIR"',
  ) {
    for (const folder of ['bin', 'calls']) {
      mkdirSync(join(this.folder, folder));
    }
    writeFileSync(join(this.folder, 'cdk8s.yaml'), `app: ${JSON.stringify(app)}\noutput: dist\n`);
    writeFileSync(join(this.folder, 'package.json'), JSON.stringify({ name: '@acme/shop' }));
    writeFileSync(join(this.folder, 'web.yaml'), JSON.stringify(WEB));
    this.has(SHOP, { ...WEB, status: READY });
    for (const [tool, script] of Object.entries({ ...SCRIPTS, ...scripts })) {
      if (script !== undefined) {
        this.plays(tool, `echo "$*" >>"$CALLS/${tool}"\n${script}`);
      }
    }
    for (const tool of ['sh', 'cat', 'cp', 'mkdir', 'rm', 'sleep', 'echo']) {
      const found = (process.env.PATH ?? '')
        .split(delimiter)
        .map((path) => join(path, tool))
        .find(existsSync);
      symlinkSync(found as string, join(this.folder, 'bin', tool));
    }
  }

  /** Plays a tool by a script from now on, also while the former script still runs. */
  plays(tool: string, script: string): void {
    const path = join(this.folder, 'bin', tool);
    writeFileSync(`${path}.new`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    renameSync(`${path}.new`, path);
  }

  /** The script that plays a tool. */
  script(tool: string): string {
    return readFileSync(join(this.folder, 'bin', tool), 'utf8').trimEnd();
  }

  /** What the cluster has. */
  has(...items: readonly object[]): void {
    this.api.has(...items);
  }

  /** What the cluster has by now. */
  cluster(): any[] {
    return this.api.objects;
  }

  /** What was written into the cluster, one request after the other. */
  written(): string[] {
    return this.api.requests.filter((request) => /^(POST|PUT|PATCH|DELETE) /.test(request));
  }

  start(...args: string[]): {
    readonly child: ChildProcess;
    readonly result: Promise<Result>;
    said(text: string): Promise<void>;
  } {
    const own = { PATH: join(this.folder, 'bin'), CALLS: join(this.folder, 'calls'), npm_lifecycle_event: args[0] };
    const env = { ...own, ...this.variables };
    const child = spawn(process.execPath, [CLI, ...args], { cwd: this.folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    let heard = () => {};
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      heard();
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const result = new Promise<Result>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
    const said = (text: string) =>
      new Promise<void>((resolve) => {
        heard = () => {
          if (stdout.includes(text)) {
            resolve();
          }
        };
        heard();
      });
    return { child, result, said };
  }

  run(...args: string[]): Promise<Result> {
    return this.start(...args).result;
  }

  calls(name: string): string {
    const path = join(this.folder, 'calls', name);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }
}

const stages: Stage[] = [];
/** A stage that is removed after the tests. */
export function stage(...args: ConstructorParameters<typeof Stage>): Stage {
  const made = new Stage(...args);
  stages.push(made);
  return made;
}

afterAll(() => {
  for (const { folder, api } of stages) {
    api.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
