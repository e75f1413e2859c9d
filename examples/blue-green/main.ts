import { App, Chart } from 'cdk8s';
import { BlueGreen, Certificate, CredentialsFile, Exposure, MySql, Storage, WordPress } from 'cdk8s-services';

const app = new App();
new CredentialsFile(app, 'secrets');
const chart = new Chart(app, 'shop', { namespace: 'shop' });

const mysql = new MySql(chart, 'mysql');
const site = {
  site: 'blog',
  database: mysql.addDatabase('blog'),
  storage: Storage.shared(),
  resources: { cpu: 0.5 },
  autoscaling: { min: 2, max: 6 },
};
const blog = new WordPress(chart, 'blog', site);
const next = new WordPress(chart, 'blog-next', { ...site, image: 'registry.example.org/our/wordpress:7' });

// swap the two to switch, and again to go back
new BlueGreen(chart, 'front', {
  active: blog,
  standby: next,
  exposure: Exposure.ingress({ host: 'blog.example.org', certificate: Certificate.selfSigned() }),
});

app.synth();
