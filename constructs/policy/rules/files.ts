import { eachContainer, eachPod, type Rule, shown, when } from '../rule';

/** The types of volumes that Pod Security allows; `image` since Kubernetes 1.33. */
const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

export const volumes: Rule = {
  name: 'volumes',
  recommendation: 'A pod mounts no folder of its node, and storage only by a claim',
  fix: `use ${VOLUMES.join(', ')}`,
  check: eachPod(({ spec }) =>
    (spec.volumes ?? []).flatMap(({ name, ...source }) =>
      Object.keys(source).flatMap((kind) => when(!VOLUMES.includes(kind), `volume '${name}' is of type ${kind}`)),
    ),
  ),
};

export const readOnlyRoot: Rule = {
  name: 'read-only-root',
  recommendation: 'A container writes to its volumes only, so that its program stays what its image has',
  fix: 'set securityContext.readOnlyRootFilesystem to true, and mount an emptyDir where the program writes',
  check: eachContainer(({ securityContext }) => {
    const value = securityContext?.readOnlyRootFilesystem;
    return when(value !== true, shown('readOnlyRootFilesystem', value));
  }),
};
