import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { failureOf } from '../../machine/causes';
import { Failure } from '../../terminal/failure';
import { lastLine } from '../../terminal/lines';
import type { Environment } from '../../terminal/screen';
import { size } from '../../terminal/words';
import { type Check, failed, some, warning } from '../check';
import type { Facts } from '../facts';

/** What building our images anew writes at most, in bytes. */
const ENOUGH = 5e9;
const TOO_LITTLE = 1e9;

export const docker: Check = {
  name: 'docker',
  async run(facts) {
    const { ok, stdout, lines } = await info(facts, {});
    if (!ok) {
      const unknown = { cause: 'docker does not answer', next: 'docker info' };
      const known = failureOf(lines, unknown, facts.session.again);
      // the other causes are those of a cluster
      const { message, next } = /docker|disk/.test(known.message.split(':')[0] ?? '') ? known : new Failure(unknown);
      const left = facts.env.DOCKER_HOST !== undefined;
      const mend = left ? 'unset DOCKER_HOST DOCKER_TLS_VERIFY DOCKER_CERT_PATH' : next.replace(/, then run:.*/, '');
      const what = message.replace(': docker does not answer', '');
      return { text: '', findings: [failed(what, `docker info: ${lastLine(lines)}`, mend)] };
    }
    return { text: `docker ${stdout.trim()} answers` };
  },
};

/** What `eval $(minikube docker-env)` leaves in a shell leads elsewhere once minikube is started anew. */
export const shellVariables: Check = {
  name: 'shell',
  async run({ env, session }) {
    const active = env.MINIKUBE_ACTIVE_DOCKERD ?? env.MINIKUBE_ACTIVE_PODMAN;
    if (active === undefined) {
      return { text: 'no variables of minikube are left in it' };
    }
    const why = `DOCKER_HOST is ${env.DOCKER_HOST}, whatever else this shell runs with docker; 'up' needs no such variable`;
    const mend = `eval $(minikube -p ${session.profile} docker-env --unset)`;
    return {
      text: '',
      findings: [warning(`this shell's docker is that of minikube's profile '${active}'`, why, mend)],
    };
  },
};

export const dockerEnv: Check = {
  name: 'docker-env',
  async run(facts) {
    const runtime = await facts.runtime();
    const { profile } = facts.session;
    if (runtime !== 'docker') {
      return { text: `not needed: the runtime is ${runtime}, images are copied to the node` };
    }
    const env = await facts.dockerEnv();
    if (env === undefined) {
      return { text: 'not needed: there are several nodes, images are copied to each' };
    }
    const { ok, stdout, lines } = await info(facts, env);
    const mend = /x509|certificate/i.test(lines.join('\n'))
      ? `minikube -p ${profile} stop && minikube -p ${profile} start`
      : `minikube -p ${profile} start`;
    return ok
      ? { text: `the node's docker ${stdout.trim()} answers` }
      : { text: '', findings: [failed("the node's docker does not answer", `docker info: ${lastLine(lines)}`, mend)] };
  },
};

export const disk: Check = {
  name: 'disk',
  async run(facts) {
    const { stdout } = await info(facts, {}, '{{.DockerRootDir}}').catch(() => ({ stdout: '' }));
    // a Docker in a virtual machine has its folder there
    const folders = [facts.session.folder, stdout.trim()].filter((folder) => folder !== '' && existsSync(folder));
    const free = await Promise.all(folders.map(async (folder) => ({ folder, bytes: await freeOf(folder) })));
    const findings = free
      .filter(({ bytes }) => bytes < ENOUGH)
      .map(({ folder, bytes }) => {
        const severity = bytes < TOO_LITTLE ? failed : warning;
        const why = `building all images takes up to ${size(ENOUGH)}, and a full disk stops databases`;
        return severity(`${size(bytes)} are free at ${folder}`, why, 'docker system prune');
      });
    const least = Math.min(...free.map(({ bytes }) => bytes));
    return { text: `${size(least)} are free`, findings };
  },
};

/** A checkout by Windows' git puts a carriage return behind `#!/bin/bash`. */
export const lineEndings: Check = {
  name: 'line endings',
  async run({ session }) {
    const folder = join(session.folder, 'dockerfiles');
    const scripts = existsSync(folder)
      ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
          /\.(sh|conf|cnf)$|Dockerfile$/.test(file),
        )
      : [];
    const wrong = scripts.filter((file) => readFileSync(join(folder, file), 'utf8').includes('\r\n'));
    const findings =
      wrong.length > 0
        ? [
            failed(
              `${some(wrong)} in dockerfiles/ ${wrong.length > 1 ? 'have' : 'has'} the line endings of Windows`,
              "such a script fails in its container with 'no such file or directory'",
              "git config core.autocrlf input; find dockerfiles -type f -exec sed -i 's/\\r$//' {} +",
            ),
          ]
        : [];
    return {
      text: scripts.length > 0 ? 'those of build folders are as Linux wants them' : 'no build folders here',
      findings,
    };
  },
};

function info(facts: Facts, env: Environment, format = '{{.ServerVersion}}') {
  return facts.run('docker', ['info', '--format', format], { env });
}

async function freeOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
