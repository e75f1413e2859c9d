import { Certificate, Exposure, Images, Sizes, Storage } from '../constructs';
import type { Environment } from './environment';

/** One address for all, on the usual ports, where MetalLB or a tunnel gives it; the same on fixed ports of the node. */
const shared = (nodePorts: { [port: string]: number }) => ({
  exposure: Exposure.loadBalancer({ sharedAddress: 'services', nodePorts }),
  certificate: Certificate.selfSigned(),
});

/** A laptop: images built into minikube's Docker, and everything reachable without further tools. */
export const minikube: Environment = {
  namespace: 'services',
  images: Images.local(),
  resources: Sizes.small(),
  storage: Storage.claim(),
  nginx: shared({ http: 30080, https: 30443, ssh: 30022 }),
  wordpress: shared({ http: 30050 }),
  phpmyadmin: shared({ http: 30500 }),
  ftps: shared({ ftp: 30021 }),
  grafana: shared({ http: 30300 }),
};
