import { App, Chart } from 'cdk8s';
import {
  Backup,
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
export function addServices(app: App, environment: Environment): void {
  const { namespace, storage, resources } = environment;
  new RestrictedNamespace(new Chart(app, 'namespace'), namespace);
  const services = new Chart(app, 'services', { namespace });
  const kept = { storage, resources };
  const mysql = new MySql(services, 'mysql', { ...kept, ...environment.mysql });
  const wordpress = new WordPress(services, 'wordpress', {
    database: mysql.addDatabase('wordpress'),
    title: 'Services',
    users: [
      { login: 'editor', role: WordPressRole.EDITOR },
      { login: 'author', role: WordPressRole.AUTHOR },
      { login: 'reader' },
    ],
    ...kept,
    ...environment.wordpress,
  });
  const phpmyadmin = new PhpMyAdmin(services, 'phpmyadmin', { server: mysql, resources, ...environment.phpmyadmin });
  const ftps = new Ftps(services, 'ftps', { ...kept, ...environment.ftps });
  const nginx = new Nginx(services, 'nginx', {
    routes: [Route.redirect('/wordpress', wordpress), Route.proxy('/phpmyadmin', phpmyadmin)],
    ssh: {},
    resources,
    ...environment.nginx,
  });
  const influxdb = new InfluxDb(services, 'influxdb', { ...kept, ...environment.influxdb });
  const database = influxdb.addDatabase('metrics');
  const watch = [nginx, ftps, wordpress, phpmyadmin, mysql, influxdb];
  const telegraf = new Telegraf(services, 'telegraf', { database, watch, resources, ...environment.telegraf });
  const dashboards = [...watch, telegraf];
  telegraf.watch(new Grafana(services, 'grafana', { database, dashboards, ...kept, ...environment.grafana }));
  if (environment.backup) {
    new Backup(services, 'backup', { of: [mysql, wordpress, influxdb], ...environment.backup });
  }
}

function main(): void {
  process.umask(0o077); // the YAML of Secrets is for its owner alone
  const environment = environmentNamed(process.env.ENVIRONMENT ?? 'minikube');
  const app = new App();
  environment.images.useIn(app);
  environment.network?.useIn(app);
  environment.platform?.useIn(app);
  new CredentialsFile(app, 'secrets', { path: environment.credentials });
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
