import { App, Chart, Size } from 'cdk8s';
import {
  Deployment,
  EnvValue,
  PersistentVolumeAccessMode,
  PersistentVolumeClaim,
  Secret,
  Service,
  StatefulSet,
  Volume,
} from 'cdk8s-plus-28';

/** The eight programs with cdk8s-plus: told image, port, volume and password, and left to its defaults otherwise. */
const programs: { name: string; port: number; data?: string; stateful?: boolean }[] = [
  { name: 'nginx', port: 8443 },
  { name: 'ftps', port: 2121, data: '/srv/ftp' },
  { name: 'mysql', port: 3306, data: '/var/lib/mysql', stateful: true },
  { name: 'wordpress', port: 5050, data: '/var/lib/wp-content' },
  { name: 'phpmyadmin', port: 5000 },
  { name: 'influxdb', port: 8086, data: '/var/lib/influxdb', stateful: true },
  { name: 'telegraf', port: 9273 },
  { name: 'grafana', port: 3000, data: '/var/lib/grafana' },
];

const app = new App();
const chart = new Chart(app, 'services', { namespace: 'services' });
for (const { name, port, data, stateful } of programs) {
  const secret = Secret.fromSecretName(chart, `${name}-secret`, name);
  const container = {
    image: `registry.example.org/services/${name}:1.0.0`,
    portNumber: port,
    envVariables: { PASSWORD: EnvValue.fromSecretValue({ secret, key: 'password' }) },
  };
  const service = () => new Service(chart, `${name}-service`, { ports: [{ port }] });
  const workload = stateful
    ? new StatefulSet(chart, name, { containers: [container], service: service() })
    : new Deployment(chart, name, { containers: [container], replicas: data ? 1 : undefined });
  if (workload instanceof Deployment) {
    workload.exposeViaService();
  }
  if (data) {
    const claim = new PersistentVolumeClaim(chart, `${name}-data`, {
      accessModes: [PersistentVolumeAccessMode.READ_WRITE_ONCE],
      storage: Size.gibibytes(5),
    });
    workload.containers[0]?.mount(data, Volume.fromPersistentVolumeClaim(chart, `${name}-volume`, claim));
  }
}
app.synth();
