import { App, Chart, Size } from 'cdk8s';
import {
  Backup,
  BackupTarget,
  Certificate,
  Credentials,
  CredentialsFile,
  Database,
  Endpoint,
  Exposure,
  Images,
  RestrictedNamespace,
  Storage,
  WordPress,
} from '../constructs';

/** WordPress sites without pods. The title of one of them is that of the variable, so that it can change. */
const { FLEET_SITES = '10', FLEET_TITLE = 'A site', FLEET_NAMESPACE = 'fleet' } = process.env;
const app = new App();
Images.local().useIn(app);
CredentialsFile.placeholders(app, 'secrets');
new RestrictedNamespace(new Chart(app, 'namespace'), FLEET_NAMESPACE);
const chart = new Chart(app, 'sites', { namespace: FLEET_NAMESPACE });
const server = Endpoint.external({ host: 'mysql.example.org', port: 3306 });
for (let index = 0; index < Number(FLEET_SITES); index++) {
  const site = new WordPress(chart, `site-${index}`, {
    database: Database.external({ name: `site_${index}`, server, credentials: Credentials.fromSecret('mysql') }),
    title: index === 0 ? FLEET_TITLE : 'A site',
    replicas: 0,
    users: [{ login: 'editor' }],
    exposure: Exposure.ingress({ host: `site-${index}.example.org`, certificate: Certificate.selfSigned() }),
    storage: Storage.claim({ size: Size.gibibytes(1) }),
  });
  new Backup(chart, `backup-${index}`, { of: [site], to: BackupTarget.volume(Storage.existing('backups')) });
}
app.synth();
