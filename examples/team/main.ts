import { App, Chart, Size } from 'cdk8s';
import { CredentialsFile, Exposure, MySql, Nginx, Subject, Team, WordPress } from 'cdk8s-services';

const app = new App();
new CredentialsFile(app, 'secrets');

const teams = new Chart(app, 'namespaces');
const shop = new Team(teams, 'shop', {
  quota: { cpu: 1, memory: Size.gibibytes(1), pods: 6, storage: Size.gibibytes(15) },
  view: [Subject.group('staff')],
  operate: [Subject.group('on-call')],
  admin: [Subject.group('shop-developers'), Subject.serviceAccount('delivery', 'shop')],
});
const press = new Team(teams, 'press', {
  quota: { cpu: 0.5, memory: Size.mebibytes(512), pods: 10 },
  view: [Subject.group('staff')],
  admin: [Subject.user('ann@example.org')],
});

const site = new Chart(app, 'shop', { namespace: shop.name });
const mysql = new MySql(site, 'mysql');
new WordPress(site, 'blog', { database: mysql.addDatabase('blog') });

const pages = new Chart(app, 'press', { namespace: press.name });
new Nginx(pages, 'news', { replicas: 2, exposure: Exposure.ingress({ host: 'news.example.org' }) });

app.synth();
