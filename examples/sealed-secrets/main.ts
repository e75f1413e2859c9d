import { App, Chart, Include } from 'cdk8s';
import { Credentials, CredentialsFile, MySql, WordPress } from 'cdk8s-services';

const app = new App();
const seal = process.env.SEAL === 'true';
if (seal) {
  new CredentialsFile(app, 'secrets');
}
const chart = new Chart(app, 'shop', { namespace: 'shop' });
if (!seal) {
  new Include(chart, 'sealed', { url: 'sealed-secrets.yaml' });
}

const mysql = new MySql(chart, 'mysql');
const blog = new WordPress(chart, 'blog', {
  database: mysql.addDatabase('blog'),
  userPasswords: Credentials.fromSecret('staff'),
});

// The server takes a new password when it starts, and the site without waiting for that: Reloader restarts both.
for (const { workload } of [mysql, blog]) {
  workload.metadata.addAnnotation('reloader.stakater.com/auto', 'true');
}

app.synth();
