import { BackupTarget, Certificate, Exposure, Images, Sizes, Storage } from '../constructs';
import type { Environment } from './environment';

/** What cert-manager issues: for these names, or for the host of an ingress. */
const certificate = (...names: string[]) => Certificate.certManager({ issuer: 'letsencrypt', names });

const web = (host: string) =>
  Exposure.ingress({ host, certificate: certificate(), ingressClass: 'nginx', controllerNamespace: 'ingress-nginx' });

/** Volumes of one pod. */
const disk = Storage.claim({ storageClass: 'disk' });

/** Volumes that pods on several nodes share: of NFS, CephFS, or a cloud's file store. */
const shared = Storage.shared({ storageClass: 'shared' });

/** A cluster with a registry, an ingress controller, cert-manager and load balancers. Put in your own names. */
export const cluster: Environment = {
  namespace: 'services',
  credentials: '.credentials.cluster.json',
  images: Images.registry('registry.example.org/services'),
  resources: Sizes.medium(),
  storage: disk,
  mysql: { readReplicas: 1, primary: 0 },
  nginx: { exposure: web('services.example.org'), replicas: 2 },
  wordpress: { exposure: web('blog.example.org'), replicas: 2, storage: shared },
  phpmyadmin: { certificate: Certificate.selfSigned(), replicas: 2, sessions: shared },
  ftps: { exposure: Exposure.loadBalancer(), certificate: certificate('ftp.example.org') },
  grafana: { exposure: web('grafana.example.org') },
  backup: { to: BackupTarget.volume(shared), schedule: '0 3 * * *', timeZone: 'Etc/UTC' },
};
