import { Certificate, Exposure, Images, Sizes, Storage } from '../constructs';
import type { Environment } from './environment';

const certificate = Certificate.certManager({ issuer: 'letsencrypt' });
const web = (host: string) => Exposure.ingress({ host, certificate, controllerNamespace: 'ingress' });

/** A cluster with a registry, an ingress controller, cert-manager and load balancers. Put in your own names. */
export const cluster: Environment = {
  namespace: 'services',
  images: Images.registry('registry.example.org/services'),
  certificate: {
    nginx: Certificate.selfSigned(),
    phpmyadmin: Certificate.selfSigned(),
    ftps: Certificate.certManager({ issuer: 'letsencrypt', names: ['ftp.example.org'] }),
  },
  exposure: {
    nginx: web('services.example.org'),
    wordpress: web('blog.example.org'),
    phpmyadmin: Exposure.clusterIp(),
    grafana: web('grafana.example.org'),
    ftps: Exposure.loadBalancer(),
  },
  storage: Storage.claim(),
  resources: Sizes.medium(),
};
