import type { Rule } from '../rule';
import { disruptionBudget, spread } from './availability';
import { drain } from './drain';
import { readOnlyRoot, volumes } from './files';
import { imageVersion } from './images';
import { appArmor, procMount, seccomp, seLinux, sysctls } from './kernel';
import { namespaceLabel } from './namespace';
import { networkPolicy } from './network';
import { hostNamespaces, hostPorts, hostProbes, hostProcess } from './node';
import { capabilities, privileged, privilegeEscalation } from './privileges';
import { probes } from './probes';
import { resources } from './resources';
import { rbacWildcards } from './rights';
import { literalSecret, secretInEnvironment } from './secrets';
import { serviceAccountToken } from './service-account';
import { serviceLinks } from './service-links';
import { nonRoot, userAndGroup } from './users';

/** The controls of Pod Security "restricted", as of Kubernetes 1.34. */
const podSecurity: readonly Rule[] = [
  hostProcess,
  hostNamespaces,
  privileged,
  capabilities,
  volumes,
  hostPorts,
  hostProbes,
  appArmor,
  seLinux,
  procMount,
  seccomp,
  sysctls,
  privilegeEscalation,
  nonRoot,
];

export const rules: readonly Rule[] = [
  ...podSecurity,
  namespaceLabel,
  userAndGroup,
  readOnlyRoot,
  serviceAccountToken,
  serviceLinks,
  resources,
  probes,
  imageVersion,
  secretInEnvironment,
  literalSecret,
  networkPolicy,
  rbacWildcards,
  disruptionBudget,
  drain,
  spread,
];
