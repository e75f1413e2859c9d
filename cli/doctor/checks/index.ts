import type { Group } from '../check';
import { accessCertificates, api, clock, kubeconfig } from './access';
import { kinds, metrics, networkPolicies } from './cluster';
import { disk, docker, dockerEnv, lineEndings, shellVariables } from './docker';
import { ftp } from './ftp';
import { images, imageVersions } from './images';
import { minikube, runtime } from './minikube';
import { names } from './names';
import { addresses, hostPorts, ingress, loadBalancers, nodePorts } from './network';
import { program, references, serviceSelectors } from './program';
import { proxy } from './proxy';
import { room } from './room';
import { lock, podSecurity, quotas, workloads } from './running';
import { certificates, credentials, secretValues } from './secrets';
import { sharedVolumes, storageClasses, volumes } from './storage';
import { kubectlVersion, tools } from './tools';

/** All checks, from the machine to the services. */
export const GROUPS: readonly Group[] = [
  { name: 'machine', checks: [tools, docker, shellVariables, proxy, disk, lineEndings] },
  { name: 'minikube', checks: [minikube, runtime, dockerEnv] },
  { name: 'access', checks: [kubeconfig, api, kubectlVersion, accessCertificates, clock] },
  {
    name: 'program',
    checks: [program, serviceSelectors, references, sharedVolumes, imageVersions, credentials],
  },
  {
    name: 'fit',
    checks: [kinds, room, storageClasses, ingress, metrics, networkPolicies, nodePorts, hostPorts, images, ftp],
  },
  {
    name: 'running',
    checks: [
      workloads,
      podSecurity,
      quotas,
      volumes,
      secretValues,
      certificates,
      names,
      loadBalancers,
      addresses,
      lock,
    ],
  },
];
