import { type App, Chart } from 'cdk8s';
import { Backup, BackupTarget, CredentialsFile, MySql, Nginx, Platform, Storage } from '../constructs';
import { environmentNamed } from '../environments';
import { addServices } from '../main';
import { find, type Manifest, problems, synth, testApp, testChart } from './support/app';

/** A chart in an app for a platform. */
function chartFor(platform?: Platform): Chart {
  const app = testApp();
  platform?.useIn(app);
  CredentialsFile.placeholders(app, 'secrets');
  return new Chart(app, 'shop', { namespace: 'shop', disableResourceNameHashes: true });
}

/** All that the program writes for a platform, with backups. */
function system(platform: Platform): Manifest[] {
  const app: App = testApp();
  platform.useIn(app);
  CredentialsFile.placeholders(app, 'secrets');
  addServices(app, environmentNamed('cluster'));
  app.synthYaml();
  return app.charts.flatMap((chart) => chart.toJson() as Manifest[]);
}

const templates = (manifests: Manifest[]) =>
  manifests.flatMap(({ spec }) => spec?.jobTemplate?.spec.template ?? spec?.template ?? []);

describe('a platform', () => {
  it('is Kubernetes as it comes unless told otherwise', () => {
    const web = (platform?: Platform) => {
      const chart = chartFor(platform);
      new Nginx(chart, 'web', { ssh: {} });
      return find(synth(chart), 'Deployment', 'web').spec.template;
    };
    expect(web(Platform.kubernetes())).toEqual(web());
    expect(web().spec.securityContext).toMatchObject({ runAsUser: 10001, runAsGroup: 10001, fsGroup: 10001 });
  });

  it('that is OpenShift chooses the users of all pods, of jobs too, and which constraints hold is said', () => {
    const found = templates(system(Platform.openShift()));
    expect(found.length).toBeGreaterThan(10);
    expect(JSON.stringify(found)).not.toMatch(/"(runAsUser|runAsGroup|fsGroup|supplementalGroups)":/);
    expect(found.map(({ metadata }) => metadata.annotations['openshift.io/required-scc'])).toEqual(
      found.map(() => 'restricted-v2'),
    );
  });

  it('that is OpenShift changes nothing else', () => {
    const without = ({ metadata, spec }: Manifest['spec']) => {
      const { 'openshift.io/required-scc': _, ...annotations } = metadata.annotations;
      return JSON.parse(
        JSON.stringify({ metadata: { ...metadata, annotations }, spec }, (key, value) =>
          ['runAsUser', 'runAsGroup', 'fsGroup'].includes(key) ? undefined : value,
        ),
      );
    };
    expect(templates(system(Platform.openShift())).map(without)).toEqual(
      templates(system(Platform.kubernetes())).map(without),
    );
  });

  it('that chooses users takes none of a container of one’s own', () => {
    const initContainers = [{ name: 'fetch', image: 'registry.example.org/fetch:1', user: 20001 }];
    const chart = chartFor(Platform.openShift());
    new MySql(chart, 'mysql', { initContainers });
    expect(problems(chart)).toEqual([
      "[shop/mysql] 'user' of 'fetch' in 'initContainers' is 20001, but the platform assigns the users of pods; leave it out",
    ]);
  });

  it('is set for a part of an app alone', () => {
    const chart = testChart();
    Platform.openShift().useIn(chart);
    const mysql = new MySql(chart, 'mysql');
    const to = BackupTarget.volume(Storage.claim());
    new Backup(chart, 'backup', { of: [mysql], to });
    expect(JSON.stringify(templates(synth(chart)))).not.toContain('runAsUser');
  });

  it('is set before anything is added', () => {
    const chart = testChart();
    new MySql(chart, 'mysql');
    expect(() => Platform.openShift().useIn(chart)).toThrow(
      new Error('shop: the platform is set before anything is added; move useIn() up'),
    );
  });
});
