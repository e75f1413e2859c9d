import { asWorkloads, containersOf, type LiveObject, type Pods, podsOf } from '../../app/objects';
import { called, groupKindOf } from '../../cluster/object';
import { dockerImages, imagesIn, listedImages, nodesWithout } from '../../images/images';
import { commandOf } from '../../machine/session';
import { Failure } from '../../terminal/failure';
import { counted } from '../../terminal/words';
import { type Check, failed, some, warning } from '../check';
import type { Facts } from '../facts';
import { NotChecked } from '../not-checked';

export const images: Check = {
  name: 'images',
  async run(facts) {
    const program = await facts.program();
    const pods = podsOf(program);
    const built = new Set(imagesIn(program.objects).map(({ reference }) => reference));
    const needed = [...new Set(pods.flatMap(({ spec }) => neededOf(spec, built)))];
    if (needed.length === 0) {
      return { text: 'all come from registries, which the node asks' };
    }
    const there = await imagesOfNode(facts);
    const live = await liveNames(facts);
    const nodes = await facts.list('nodes').catch(() => []);
    const without = (image: string) => (nodes.length > 1 ? nodesWithout(image, nodes) : []);
    const lacking = needed.filter((image) => !there.has(image) || without(image).length > 0);
    // before a first run they are not a failure: it builds them
    const missing = live.size === 0 ? lacking.filter((image) => !built.has(image)) : lacking;
    const findings = missing.map((image) => {
      const users = pods.filter(({ spec }) => containersOf(spec).some((one) => one.image === image));
      const names = some([...new Set(users.map(({ owner }) => called(owner)))]);
      const isUsed =
        live.size === 0 ||
        users.some(({ owner, namespace }) => live.has(`${groupKindOf(owner)} ${owner.metadata.name} ${namespace}`));
      const why = isUsed
        ? `${names}: ErrImageNeverPull, as nothing else brings it there`
        : `${names}, which is not in the cluster, would wait for it`;
      const mend = built.has(image)
        ? commandOf(facts.session, 'up')
        : `minikube -p ${facts.session.profile} image load ${image}`;
      const where = there.has(image) ? `node ${without(image).join(', ')}` : nodes.length > 1 ? 'any node' : 'the node';
      return (isUsed ? failed : warning)(`image ${image} is not on ${where}`, why, mend);
    });
    const first = lacking.length - missing.length;
    const text =
      first > 0
        ? `${first} of ${needed.length} that no registry gives are not built yet: 'up' does it`
        : `${counted(needed.length, 'image')} that no registry gives, on ${nodes.length > 1 ? 'each node' : 'the node'}`;
    return { text, findings };
  },
};

/** Those that no registry gives. */
function neededOf(spec: Pods['spec'], built: ReadonlySet<string>): string[] {
  return containersOf(spec).flatMap(({ image, imagePullPolicy }) =>
    image && (built.has(image) || imagePullPolicy === 'Never') ? [image] : [],
  );
}

async function imagesOfNode(facts: Facts): Promise<ReadonlySet<string>> {
  const docker = (await facts.runtime()) === 'docker' ? await facts.dockerEnv() : undefined;
  if (docker === undefined) {
    const { ok, stdout } = await facts.run('minikube', ['-p', facts.session.profile, 'image', 'ls']);
    if (!ok) {
      throw new NotChecked('minikube does not list the images of its nodes');
    }
    return listedImages(stdout);
  }
  try {
    return await dockerImages(facts.session, docker);
  } catch (error) {
    throw error instanceof Failure ? new NotChecked(error.message) : error;
  }
}

async function liveNames(facts: Facts): Promise<ReadonlySet<string>> {
  const found = await Promise.all(
    (['deployments', 'statefulsets', 'daemonsets'] as const).map((kind) => facts.beside(kind).catch(() => [])),
  );
  return new Set(
    asWorkloads(found.flat() as readonly LiveObject[]).map(
      (workload) => `${groupKindOf(workload)} ${workload.metadata.name} ${workload.metadata.namespace}`,
    ),
  );
}

/** With a name that stays the same, a new build is never taken. */
export const imageVersions: Check = {
  name: 'versions',
  async run(facts) {
    const program = await facts.program();
    const findings = podsOf(program).flatMap(({ owner, spec }) =>
      containersOf(spec)
        .filter(({ image = '' }) => !image.includes('@') && (/:latest$/.test(image) || !/:[^/]+$/.test(image)))
        .map(({ name, image, imagePullPolicy = 'Always' }) =>
          warning(
            `container ${name} of ${called(owner)} runs ${image}, which names no version`,
            imagePullPolicy === 'Always'
              ? 'what runs changes with any restart, and an image that is only on the node is not found'
              : `with ${imagePullPolicy}, a new build of it is not rolled out`,
            `name a version, such as ${(image ?? '').replace(/:latest$/, '')}:1.2.3`,
          ),
        ),
    );
    return { text: 'every image names one', findings };
  },
};
