import { App, Chart } from 'cdk8s';
import { Credentials, Ftps, MySql, WordPress } from '../constructs';
import { find, type Manifest, problems, synth, testChart } from './support/app';

const password = 's3cret' as unknown as Credentials;

function chartWithoutFile(): Chart {
  return new Chart(new App(), 'shop');
}

function volumesOf(manifests: Manifest[], kind: string, name: string) {
  return find(manifests, kind, name).spec.template.spec.volumes;
}

describe('Credentials', () => {
  it('of an existing Secret are read from the keys that it has', () => {
    const chart = testChart();
    new MySql(chart, 'mysql', { rootCredentials: Credentials.fromSecret('root', { password: 'root-pw' }) });
    expect(volumesOf(synth(chart), 'StatefulSet', 'mysql')).toContainEqual({
      name: 'root',
      secret: { secretName: 'root', items: [{ key: 'root-pw', path: 'password' }], defaultMode: 0o440 },
    });
  });

  it('of an existing Secret are made by nobody', () => {
    const chart = testChart();
    const mysql = new MySql(chart, 'mysql', { rootCredentials: Credentials.fromSecret('root') });
    expect(mysql.rootCredentials.secretName).toBe('root');
    expect((chart.node.root.node.findChild('secrets') as Chart).toJson()).toEqual([]);
  });

  it('are Secrets of the same names, and no objects, in an app without a credentials file', () => {
    const chart = chartWithoutFile();
    new Ftps(chart, 'ftps');
    const manifests = synth(chart);
    expect(manifests.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    const secrets = volumesOf(manifests, 'Deployment', 'ftps').flatMap(
      (volume: { secret?: { secretName: string } }) => volume.secret?.secretName ?? [],
    );
    expect(secrets).toEqual(['ftps-users', 'ftps-tls']);
  });

  it('roll the pods that read them, where their content is known', () => {
    const annotationsIn = (chart: Chart) => {
      new Ftps(chart, 'ftps');
      return find(synth(chart), 'Deployment', 'ftps').spec.template.metadata.annotations;
    };
    expect(annotationsIn(testChart())['cdk8s-services/content-hash']).toMatch(/^[0-9a-f]{12}$/);
    expect(annotationsIn(chartWithoutFile())).toEqual({ 'kubectl.kubernetes.io/default-container': 'ftps' });
  });

  it('are files in a container, and never in its environment', () => {
    const chart = testChart();
    const mysql = new MySql(chart, 'mysql');
    new WordPress(chart, 'blog', { database: mysql.addDatabase('blog') });
    for (const { kind, spec } of synth(chart)) {
      if (kind === 'Deployment' || kind === 'StatefulSet') {
        expect(JSON.stringify(spec)).not.toMatch(/secretKeyRef|secretRef/);
      }
    }
  });

  it('refuse a password in their place, without repeating it', () => {
    const chart = testChart();
    const mysql = new MySql(chart, 'mysql', { rootCredentials: password });
    mysql.addDatabase('blog', { credentials: password });
    expect(problems(chart)).toEqual([
      "[shop/mysql] 'rootCredentials' is a string, not credentials; put it into a Secret and pass " +
        "Credentials.fromSecret('…')",
      "[shop/mysql] 'credentials' is a string, not credentials; put it into a Secret and pass " +
        "Credentials.fromSecret('…')",
    ]);
  });

  it('refuse a name that no key of a Secret can have', () => {
    const chart = testChart();
    new Ftps(chart, 'ftps', { users: ['a b'] });
    expect(problems(chart)).toContain(
      "[shop/ftps] 'a b' cannot be a key of Secret 'ftps-users'; use only letters, digits, '-', '_' and '.'",
    );
  });
});
