import { Size } from 'cdk8s';
import { Credentials, DataAccess, HealthCheck, type InitContainer, type Sidecar } from '../../constructs';

/** Every prop of containers of one's own, but the data of the service. */
export const INIT: Required<InitContainer> = {
  name: 'fetch',
  image: 'registry.example.org/fetch:1.2',
  command: ['fetch'],
  args: ['--all'],
  env: { FROM: 'https://example.org' },
  secrets: { '/run/secrets/mail': Credentials.fromSecret('mail') },
  data: DataAccess.NONE,
  resources: { cpu: 0.02, memory: Size.mebibytes(48) },
  user: 20001,
};

export const SIDECAR: Sidecar = {
  name: 'exporter',
  image: 'registry.example.org/exporter:3.4',
  ready: HealthCheck.http(9100, '/ready'),
  alive: HealthCheck.tcp(9100),
};

/** For the tests of every prop. */
export const extras = { initContainers: [INIT], sidecars: [SIDECAR] };
