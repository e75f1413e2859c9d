import type { Pod } from '../../manifest/pods';
import { HIGHEST_OF_NODES } from '../../manifest/users';
import { ASSIGNING_CONSTRAINTS, CONSTRAINTS_ANNOTATION } from '../../platform';
import { eachContainer, eachPod, type Rule, shown, when } from '../rule';

const isLow = (id: number | undefined) => id === undefined || id <= HIGHEST_OF_NODES;

/** OpenShift gives such a pod a user of its namespace's own range, and group 0, which opens nothing on the node. */
const isAssigned = ({ metadata }: Pod) => metadata.annotations?.[CONSTRAINTS_ANNOTATION] === ASSIGNING_CONSTRAINTS;

export const nonRoot: Rule = {
  name: 'non-root',
  recommendation: 'The node refuses to start a container as root',
  fix: 'set runAsNonRoot to true in the securityContext of the pod',
  check: eachContainer(({ securityContext }, { spec }) => {
    const value = securityContext?.runAsNonRoot ?? spec.securityContext?.runAsNonRoot;
    return when(value !== true, shown('runAsNonRoot', value));
  }),
};

export const userAndGroup: Rule = {
  name: 'user-and-group',
  recommendation: `A container's user and group are above ${HIGHEST_OF_NODES}, so that they are nobody's on the node`,
  fix: `set runAsUser and runAsGroup above ${HIGHEST_OF_NODES}, and fsGroup and supplementalGroups where they are needed`,
  check: (app) => [...perContainer(app), ...perPod(app)],
};

const perContainer = eachContainer(({ securityContext }, pod) =>
  (['runAsUser', 'runAsGroup'] as const).flatMap((field) => {
    const id = securityContext?.[field] ?? pod.spec.securityContext?.[field];
    return when(isLow(id) && !(id === undefined && isAssigned(pod)), shown(field, id));
  }),
);

const perPod = eachPod(({ spec: { securityContext: { fsGroup, supplementalGroups = [] } = {} } }) => [
  ...when(fsGroup !== undefined && isLow(fsGroup), shown('fsGroup', fsGroup)),
  ...when(supplementalGroups.some(isLow), shown('supplementalGroups', supplementalGroups)),
]);
