import { App, Chart } from 'cdk8s';
import { Certificate, CredentialsFile, Exposure, MySql, WordPress } from 'cdk8s-services';

const app = new App();
new CredentialsFile(app, 'secrets');
const chart = new Chart(app, 'shop', { namespace: 'shop' });

const mysql = new MySql(chart, 'mysql');
new WordPress(chart, 'blog', {
  database: mysql.addDatabase('blog'),
  title: 'What we make',
  exposure: Exposure.ingress({ host: 'blog.example.org', certificate: Certificate.selfSigned() }),
});

app.synth();
