import {
  BackupTarget,
  Certificate,
  Credentials,
  Database,
  Endpoint,
  Exposure,
  Ftps,
  Grafana,
  Images,
  InfluxDb,
  MySql,
  Storage,
  Telegraf,
  TimeSeriesDatabase,
  WordPress,
} from '../constructs';
import { problems, testChart } from './support/app';

/** What a variable of the environment is that nobody set. */
const nothing = undefined as unknown as string;
const server = Endpoint.external({ host: 'db.example.org', port: 3306 });
const credentials = Credentials.fromSecret('login');

describe("a text that a program without types left out is not taken for 'undefined'", () => {
  it.each<[string, () => unknown]>([
    ['secretName', () => Credentials.fromSecret(nothing)],
    ['secretName', () => Certificate.fromSecret(nothing)],
    ['issuer', () => Certificate.certManager({ issuer: nothing })],
    ['names', () => Certificate.selfSigned({ names: [nothing] })],
    ['claimName', () => Storage.existing(nothing)],
    ['host', () => Endpoint.external({ host: nothing, port: 3306 })],
    ['networks', () => Endpoint.external({ host: 'db', port: 3306, networks: [nothing] })],
    ['name', () => Database.external({ server, name: nothing, credentials })],
    ['name', () => TimeSeriesDatabase.external({ server, name: nothing, reader: credentials, writer: credentials })],
    ['gateway', () => Exposure.gateway({ host: 'a.example.org', gateway: nothing })],
    ['bucket', () => BackupTarget.s3({ endpoint: 'https://s3.example.org', bucket: nothing, credentials })],
    ['tag', () => Images.tagged('ghcr.io/acme', nothing)],
  ])("as '%s' of %s", (prop, make) => {
    expect(make).toThrow(new RegExp(`: '${prop}' (is|has) 'undefined'.*; use `));
  });

  it('in what is reported at synth', () => {
    const chart = testChart();
    const mysql = new MySql(chart, 'mysql');
    mysql.addDatabase(nothing);
    new InfluxDb(chart, 'influxdb').addDatabase(nothing);
    new Ftps(chart, 'ftps', { users: [nothing] });
    new WordPress(chart, 'blog', { database: mysql.addDatabase('blog'), users: [{ login: nothing }] });
    expect(problems(chart)).toEqual([
      expect.stringMatching(/^\[shop\/mysql\] database 'name' is 'undefined'; use /),
      expect.stringMatching(/^\[shop\/influxdb\] database 'name' is 'undefined'; use /),
      expect.stringMatching(/^\[shop\/ftps\] 'users' has 'undefined'; use /),
      expect.stringMatching(/^\[shop\/blog\] 'login' of a user is 'undefined'; use /),
    ]);
  });
});

describe('the server in place of its database', () => {
  it('is reported', () => {
    const chart = testChart();
    new WordPress(chart, 'blog', { database: new MySql(chart, 'mysql') as unknown as Database });
    const database = new InfluxDb(chart, 'influxdb') as unknown as TimeSeriesDatabase;
    new Telegraf(chart, 'telegraf', { database });
    new Grafana(chart, 'grafana', { database });
    const remedy = /'database' is no (TimeSeries)?Database; pass .*\.addDatabase\('…'\) or /;
    expect(problems(chart)).toEqual(Array(3).fill(expect.stringMatching(remedy)));
  });
});

describe('Credentials.fromSecret', () => {
  it.each(['', 'a/b', 'a b'])('refuses the key %j, which no Secret has', (password) => {
    expect(() => Credentials.fromSecret('login', { password })).toThrow(
      `Credentials.fromSecret: 'password' is '${password}', which is no key of a Secret; use letters`,
    );
  });
});
