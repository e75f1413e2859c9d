import { Certificate, Exposure, Images, Sizes, Storage } from '../constructs';
import type { Environment } from './environment';

/** One address for all, on the usual ports, where MetalLB or a tunnel gives it; the same on fixed ports of the node. */
const shared = (nodePorts: { [port: string]: number }) =>
  Exposure.loadBalancer({ sharedAddress: 'services', nodePorts });

/** A laptop: images built into minikube's Docker, and everything reachable without further tools. */
export const minikube: Environment = {
  namespace: 'services',
  images: Images.local(),
  certificate: {
    nginx: Certificate.selfSigned(),
    ftps: Certificate.selfSigned(),
    wordpress: Certificate.selfSigned(),
    phpmyadmin: Certificate.selfSigned(),
    grafana: Certificate.selfSigned(),
  },
  exposure: {
    nginx: shared({ http: 30080, https: 30443, ssh: 30022 }),
    wordpress: shared({ http: 30050 }),
    phpmyadmin: shared({ http: 30500 }),
    grafana: shared({ http: 30300 }),
    ftps: shared({ ftp: 30021 }),
  },
  storage: Storage.claim(),
  resources: Sizes.small(),
};
