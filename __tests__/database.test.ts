import {
  Credentials,
  Database,
  Endpoint,
  Grafana,
  InfluxDb,
  MySql,
  Telegraf,
  TimeSeriesDatabase,
  WordPress,
} from '../constructs';
import { find, synth, testChart } from './support/app';

const server = Endpoint.external({ host: 'db.example.org', port: 3307 });
const user = Credentials.fromSecret('db-user', { username: 'name', password: 'pw' });
const password = 's3cret' as unknown as Credentials;

describe('Database', () => {
  it('has a name, a server and a user, wherever it is', () => {
    const external = Database.external({ server, name: 'blog', credentials: user });
    expect(external).toMatchObject({ name: 'blog', endpoint: server.endpoint, credentials: user });
    const mysql = new MySql(testChart(), 'mysql');
    const own = mysql.addDatabase('blog');
    expect(own).toMatchObject({ name: 'blog', endpoint: mysql.endpoint, credentials: { secretName: 'mysql-blog' } });
  });

  it("tells a site outside this app's servers all that it needs", () => {
    const chart = testChart();
    new WordPress(chart, 'blog', { database: Database.external({ server, name: 'posts', credentials: user }) });
    const manifests = synth(chart);
    const { containers, volumes } = find(manifests, 'Deployment', 'blog').spec.template.spec;
    expect(containers[0].env).toEqual(
      expect.arrayContaining([
        { name: 'WORDPRESS_DB_HOST', value: 'db.example.org:3307' },
        { name: 'WORDPRESS_DB_NAME', value: 'posts' },
      ]),
    );
    expect(volumes).toContainEqual({
      name: 'database',
      secret: {
        secretName: 'db-user',
        items: [
          { key: 'name', path: 'username' },
          { key: 'pw', path: 'password' },
        ],
        defaultMode: 0o440,
      },
    });
    expect(find(manifests, 'NetworkPolicy', 'blog').spec.egress).toContainEqual({
      ports: [{ port: 3307, protocol: 'TCP' }],
    });
  });

  it('refuses a password in place of credentials, without repeating it', () => {
    expect(() => Database.external({ server, name: 'blog', credentials: password })).toThrow(
      new Error(
        "Database.external: 'credentials' is a string, not credentials; put it into a Secret and pass " +
          "Credentials.fromSecret('…')",
      ),
    );
  });
});

describe('TimeSeriesDatabase', () => {
  const reader = Credentials.fromSecret('reader');
  const writer = Credentials.fromSecret('writer');

  it('has a name, a server, a user who writes and one who reads, wherever it is', () => {
    const external = TimeSeriesDatabase.external({ server, name: 'metrics', reader, writer });
    expect(external).toMatchObject({ name: 'metrics', endpoint: server.endpoint, reader, writer });
    const influxdb = new InfluxDb(testChart(), 'influxdb');
    expect(influxdb.addDatabase('metrics')).toMatchObject({
      name: 'metrics',
      endpoint: influxdb.endpoint,
      reader: { secretName: 'influxdb-metrics-reader' },
      writer: { secretName: 'influxdb-metrics-writer' },
    });
  });

  it('gives Telegraf the writer and Grafana the reader', () => {
    const chart = testChart();
    const database = TimeSeriesDatabase.external({ server, name: 'metrics', reader, writer });
    new Telegraf(chart, 'telegraf', { database });
    new Grafana(chart, 'grafana', { database });
    const manifests = synth(chart);
    const secretsOf = (name: string): string[] =>
      find(manifests, 'Deployment', name).spec.template.spec.volumes.flatMap(
        (volume: { secret?: { secretName: string } }) => volume.secret?.secretName ?? [],
      );
    expect(secretsOf('telegraf')).toEqual(['writer']);
    expect(secretsOf('grafana')).toEqual(['grafana', 'reader']);
  });

  it.each(['reader', 'writer'])('refuses a password in place of the %s, without repeating it', (role) => {
    const props = { server, name: 'metrics', reader, writer, [role]: password };
    expect(() => TimeSeriesDatabase.external(props)).toThrow(
      new Error(
        `TimeSeriesDatabase.external: '${role}' is a string, not credentials; put it into a Secret and pass ` +
          "Credentials.fromSecret('…')",
      ),
    );
  });
});
