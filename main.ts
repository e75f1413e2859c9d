import { App, Chart } from 'cdk8s';
import {
  CredentialsFile,
  Ftps,
  Grafana,
  InfluxDb,
  MySql,
  Nginx,
  PhpMyAdmin,
  RestrictedNamespace,
  Route,
  Telegraf,
  WordPress,
  WordPressRole,
} from './constructs';
import { type Environment, environmentNamed } from './environments';

/** Adds the whole system to an app that has its credentials already. Files are applied in the order of their names. */
export function addServices(app: App, { namespace, exposure, storage, certificate, resources }: Environment): void {
  new RestrictedNamespace(new Chart(app, 'namespace'), namespace);
  const services = new Chart(app, 'services', { namespace });
  const kept = { storage, resources };
  const mysql = new MySql(services, 'mysql', kept);
  const wordpress = new WordPress(services, 'wordpress', {
    database: mysql.addDatabase('wordpress'),
    title: 'Services',
    users: [
      { login: 'editor', role: WordPressRole.EDITOR },
      { login: 'author', role: WordPressRole.AUTHOR },
      { login: 'reader' },
    ],
    exposure: exposure.wordpress,
    certificate: certificate.wordpress,
    ...kept,
  });
  const phpmyadmin = new PhpMyAdmin(services, 'phpmyadmin', {
    server: mysql,
    exposure: exposure.phpmyadmin,
    certificate: certificate.phpmyadmin,
    resources,
  });
  const ftps = new Ftps(services, 'ftps', { exposure: exposure.ftps, ...kept, certificate: certificate.ftps });
  const nginx = new Nginx(services, 'nginx', {
    routes: [Route.redirect('/wordpress', wordpress), Route.proxy('/phpmyadmin', phpmyadmin)],
    ssh: {},
    exposure: exposure.nginx,
    certificate: certificate.nginx,
    resources,
  });
  const influxdb = new InfluxDb(services, 'influxdb', kept);
  const metrics = influxdb.addDatabase('metrics');
  const watch = [nginx, ftps, wordpress, phpmyadmin, mysql, influxdb];
  const telegraf = new Telegraf(services, 'telegraf', { database: metrics, watch, resources });
  new Grafana(services, 'grafana', {
    database: metrics,
    dashboards: [...watch, telegraf],
    exposure: exposure.grafana,
    certificate: certificate.grafana,
    ...kept,
  });
}

function main(): void {
  const environment = environmentNamed(process.env.ENVIRONMENT ?? 'minikube');
  const app = new App();
  environment.images.useIn(app);
  new CredentialsFile(app, 'secrets');
  addServices(app, environment);
  app.synth();
}

if (require.main === module) {
  try {
    main();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
