import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { finished } from 'node:stream/promises';
import { failureOf } from '../machine/causes';
import type { Session } from '../machine/session';
import { Failure } from '../terminal/failure';
import type { Line } from '../terminal/progress';
import type { Environment } from '../terminal/screen';

/** An image that is built here: `cdk8s-services/<name>:<tag>`, from the folder `dockerfiles/<name>`. */
export interface Image {
  readonly reference: string;
  readonly name: string;
}

/** How much of a failing build is shown. */
const SHOWN = 15;

/** Plain output, and an image without attestations: one that `minikube image load` takes. */
const BUILDKIT = { BUILDKIT_PROGRESS: 'plain', BUILDX_NO_DEFAULT_ATTESTATIONS: '1' };

/** Builds one image. What the build says is kept in .build/logs/<name>.log. */
export async function buildImage(
  session: Session,
  { reference, name }: Image,
  context: string,
  env: Environment,
  line: Line,
): Promise<void> {
  const { shell, folder } = session;
  const path = join(folder, '.build', 'logs', `${name}.log`);
  mkdirSync(dirname(path), { recursive: true });
  const log = createWriteStream(path);
  // a log that cannot be written stops no build
  log.on('error', () => undefined);
  let step = 'starting';
  line.update(`building: ${step}`);
  try {
    // the legacy builder would keep the container of a step that fails
    const { ok, lines } = await shell.run('docker', ['build', '--force-rm', '--tag', reference, context], {
      env: { ...env, ...BUILDKIT },
      onLine: (text) => {
        log.write(`${text}\n`);
        step = buildStep(text) ?? step;
        line.update(`building: ${step}`);
      },
    });
    if (!ok) {
      throw failureOfBuild(session, name, { step, context, path }, lines);
    }
    line.update('built');
  } finally {
    log.end();
    await finished(log).catch(() => undefined);
  }
}

interface Build {
  readonly step: string;
  readonly context: string;
  readonly path: string;
}

function failureOfBuild(
  { folder, again }: Session,
  name: string,
  { step, context, path }: Build,
  lines: readonly string[],
): Failure {
  const details = lastOfBuild(lines);
  const unreachable = /no such host|i\/o timeout|pull access denied|manifest unknown|failed to resolve source metadata/;
  if (/\bFROM\b/.test(step) && details.some((text) => unreachable.test(text))) {
    const orWithout = /\bup\b/.test(again) ? ', or leave the service out with --without' : '';
    return new Failure({
      cause: `image '${name}' does not build: the image that it starts from cannot be pulled`,
      details,
      next: `see that this machine reaches its registry${orWithout}, then run: ${again}`,
    });
  }
  const dockerfile = relative(folder, join(context, 'Dockerfile'));
  const failure = {
    cause: `image '${name}' does not build: it fails at ${step}`,
    details,
    next: `fix ${dockerfile} (whole log: ${relative(folder, path)}), then run: ${again}`,
  };
  return failureOf(details, failure, again);
}

/** The step that a line of a build announces: BuildKit's `#7 [build 2/5] RUN …`, the legacy builder's `Step 2/5 : …`. */
export function buildStep(line: string): string | undefined {
  const [, legacy, command] = /^Step (\d+\/\d+) : (.*)$/.exec(line) ?? [];
  if (legacy && command) {
    return short(`${legacy} ${command}`);
  }
  const [, stage, buildkit] = /^#\d+ \[((?:[\w.-]+ +)?\d+\/\d+)\] (.*)$/.exec(line) ?? [];
  return stage && buildkit ? short(`${stage} ${buildkit}`) : undefined;
}

function short(step: string): string {
  const text = step.replace(/\s+/g, ' ');
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}

/** The end of a failing build: from its last step on, without what says nothing about the cause. */
export function lastOfBuild(lines: readonly string[]): string[] {
  const noise =
    /^(DEPRECATED: |\s+Install the buildx|\s+https:\/\/docs\.docker\.com\/go\/buildx| ---> |Sending build context)/;
  const from = lines.map((line) => buildStep(line) !== undefined).lastIndexOf(true);
  return lines
    .slice(Math.max(0, from))
    .filter((line) => !noise.test(line))
    .slice(-SHOWN);
}
