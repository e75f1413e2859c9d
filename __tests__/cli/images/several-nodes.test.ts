import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodesWithout } from '../../../cli/images/images';
import { add, check, NODE, well } from '../../support/doctor-stage';
import { READY, SCRIPTS, SHOP, type Stage, stage, WEB } from '../../support/stage';

jest.setTimeout(60_000);

const IMAGE = 'cdk8s-services/nginx:0123456789ab';
const REFUSAL =
  "X Exiting due to ENV_MULTINODE_CONFLICT: The docker-env command is incompatible with multi-node clusters. Use the 'registry' add-on";

/** A minikube of several nodes, with what `image load` has brought there. */
const minikube = `case "$*" in
  *docker-env*) echo "${REFUSAL}" >&2; exit 88 ;;
  *'image load'*) for last; do :; done; echo "docker.io/$last" >>"$CALLS/loaded" ;;
  *'image ls'*) cat "$CALLS/loaded" 2>/dev/null; exit 0 ;;
  *) ${SCRIPTS.minikube} ;;
esac`;
const docker = `case "$1" in
  images) cat "$CALLS/built" 2>/dev/null; exit 0 ;;
  build) echo "$4" >>"$CALLS/built" ;;
  info) echo 28.0.1 ;;
esac`;

const node = (name: string, ...images: string[]): any => ({
  ...NODE,
  metadata: { name },
  status: { ...NODE.status, images: ['registry.k8s.io/pause:3.10', ...images].map((image) => ({ names: [image] })) },
});
const nodes = (...second: string[]) => [node('minikube', `docker.io/${IMAGE}`), node('minikube-m02', ...second)];

function has(shop: Stage, ...more: object[]): void {
  shop.has(SHOP, { ...WEB, status: READY }, ...more);
}

describe('on a minikube of several nodes', () => {
  it('images are built here, with no variables of minikube, and copied', async () => {
    const shop = stage({ minikube, docker });
    has(shop, ...nodes());
    const { code, stderr } = await shop.run('up');
    expect([code, stderr]).toEqual([0, '']);
    expect(shop.calls('built')).toBe(`${IMAGE}\n`);
    expect(shop.calls('minikube')).toContain(`-p minikube image load ${IMAGE}`);
  });

  it('what is on all of them needs no docker', async () => {
    const shop = stage({ minikube, docker: 'echo "Cannot connect to the Docker daemon" >&2; exit 1' });
    has(shop, ...nodes(IMAGE));
    writeFileSync(join(shop.folder, 'calls', 'loaded'), `docker.io/${IMAGE}\n`);
    const { code, stdout, stderr } = await shop.run('up');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('find images: 1 of 1 are there');
    expect(shop.calls('docker')).toBe('');
  });

  it('an image that one of them lacks is copied again', async () => {
    const shop = stage({ minikube, docker });
    has(shop, ...nodes());
    for (const file of ['loaded', 'built']) {
      writeFileSync(join(shop.folder, 'calls', file), `${IMAGE}\n`);
    }
    const { code, stderr } = await shop.run('images');
    expect([code, stderr]).toEqual([0, '']);
    expect(shop.calls('docker')).not.toContain('build');
    expect(shop.calls('minikube')).toContain(`-p minikube image load ${IMAGE}`);
  });

  it('without a docker here it says what to do', async () => {
    const shop = stage({ minikube, docker: 'echo "Cannot connect to the Docker daemon at unix:///x" >&2; exit 1' });
    has(shop, ...nodes());
    const { code, stderr } = await shop.run('up');
    expect(code).toBe(1);
    expect(stderr).toContain(
      "up failed at 'find images': the images for 'minikube' are built by this machine's docker",
    );
    expect(stderr).toContain(
      "next: start Docker here, or take the images from a registry ('Images.registry'), then run: npm run up\n",
    );
  });

  it('another refusal of docker-env is told', async () => {
    const broken = `case "$*" in *docker-env*) echo 'X Exiting due to GUEST_STATUS: no' >&2; exit 85 ;; *) ${SCRIPTS.minikube} ;; esac`;
    const { code, stderr } = await stage({ minikube: broken }).run('up');
    expect(code).toBe(1);
    expect(stderr).toContain('minikube does not say how to reach its docker: X Exiting due to GUEST_STATUS: no');
  });

  it('the doctor says how images get there, and which node lacks one', async () => {
    const it = well({ minikube, docker });
    add(it, ...nodes().slice(1));
    writeFileSync(join(it.folder, 'calls', 'loaded'), `docker.io/${IMAGE}\n`);
    expect(await check('docker-env', it)).toMatchObject({ status: 'ok', text: expect.stringMatching(/several nodes/) });
    expect(await check('runtime', it)).toMatchObject({ status: 'ok', text: expect.stringMatching(/image load/) });
    expect(await check('images', it)).toMatchObject({
      status: 'failed',
      findings: [{ what: `image ${IMAGE} is not on node minikube-m02`, mend: expect.stringMatching(/up$/) }],
    });
    add(it, ...nodes(IMAGE).slice(1));
    expect(await check('images', it)).toMatchObject({ status: 'ok', text: expect.stringMatching(/on each node$/) });
  });
});

describe('a node', () => {
  it('is known to lack an image only where its kubelet names all that it has', () => {
    const many = Array.from({ length: 50 }, (_, index) => `other:${index}`);
    expect(nodesWithout(IMAGE, [node('a', IMAGE), node('b')])).toEqual(['b']);
    expect(
      nodesWithout(IMAGE, [node('a', ...many), { ...NODE, metadata: { name: 'new' }, status: {} } as any]),
    ).toEqual([]);
  });
});
