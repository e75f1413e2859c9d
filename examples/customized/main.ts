import { App, Chart, JsonPatch } from 'cdk8s';
import { CredentialsFile, DataAccess, Exposure, HealthCheck, MySql, Patch, Sizes, WordPress } from 'cdk8s-services';

const app = new App();
new CredentialsFile(app, 'secrets');
const chart = new Chart(app, 'shop', { namespace: 'shop' });

const mysql = new MySql(chart, 'mysql', { resources: Sizes.medium(), settings: { innodb_buffer_pool_size: '160M' } });
const database = mysql.addDatabase('blog');
const blog = new WordPress(chart, 'blog', {
  database,
  exposure: Exposure.gateway({ gateway: 'public', gatewayNamespace: 'infra', host: 'blog.example.org' }),
  resources: { ...Sizes.large(), cpuLimit: 2 },
  initContainers: [
    {
      name: 'plugins',
      image: 'registry.example.org/shop/plugins:1.4',
      args: ['--into', '/var/lib/wp-content/plugins'],
      data: DataAccess.WRITE,
    },
  ],
  sidecars: [
    {
      name: 'search',
      image: 'registry.example.org/shop/search:2.0',
      env: { DATABASE_HOST: 'mysql' },
      secrets: { '/run/secrets/mysql': database.credentials },
      ready: HealthCheck.http(9200, '/ready'),
      alive: HealthCheck.tcp(9200),
    },
  ],
});

Patch.apply(
  blog.workload,
  JsonPatch.add('/spec/template/spec/priorityClassName', 'important'),
  JsonPatch.add('/spec/template/spec/containers/0/env/-', { name: 'TZ', value: 'Europe/Vienna' }),
  JsonPatch.replace('/spec/template/spec/terminationGracePeriodSeconds', 60),
);

app.synth();
