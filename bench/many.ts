import { App, Chart } from 'cdk8s';
import { CredentialsFile, MySql, Nginx, WordPress } from '../constructs';

/** So many services in one chart, a third of them each MySQL, WordPress and nginx. */
const count = Number(process.argv[2]);
const app = new App();
CredentialsFile.placeholders(app, 'secrets');
const chart = new Chart(app, 'services', { namespace: 'services' });
for (let index = 0; index < count / 3; index++) {
  const mysql = new MySql(chart, `mysql-${index}`);
  new WordPress(chart, `blog-${index}`, { database: mysql.addDatabase('blog') });
  new Nginx(chart, `nginx-${index}`);
}
app.synth();
