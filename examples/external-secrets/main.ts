import { ApiObject, App, Chart } from 'cdk8s';
import { Credentials, MySql, WordPress } from 'cdk8s-services';

const app = new App();
const chart = new Chart(app, 'shop', { namespace: 'shop' });

/** A Secret that External Secrets keeps equal to an entry of the vault with these fields. */
function fromVault(name: string, ...fields: string[]): Credentials {
  new ApiObject(chart, `vault-${name}`, {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name },
    spec: {
      secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' },
      refreshInterval: '1h',
      data: fields.map((field) => ({ secretKey: field, remoteRef: { key: `shop/${name}`, property: field } })),
    },
  });
  return Credentials.fromSecret(name);
}

const mysql = new MySql(chart, 'mysql', { rootCredentials: fromVault('mysql', 'password') });
const database = mysql.addDatabase('blog', { credentials: fromVault('mysql-blog', 'username', 'password') });
const blog = new WordPress(chart, 'blog', { database, userPasswords: fromVault('blog-users', 'admin') });
fromVault('blog', 'secret-key'); // no prop takes it: an app without a credentials file expects it under this name

// The server takes a new password when it starts, and the site without waiting for that: Reloader restarts both.
for (const { workload } of [mysql, blog]) {
  workload.metadata.addAnnotation('reloader.stakater.com/auto', 'true');
}

app.synth();
