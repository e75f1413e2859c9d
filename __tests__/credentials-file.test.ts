import { createPrivateKey } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Chart } from 'cdk8s';
import { Certificate, CredentialsFile, Images, MySql, Nginx } from '../constructs';
import { find, type Manifest, problems, temporaryFolder, testApp } from './support/app';

interface Entries {
  [secret: string]: { [key: string]: string };
}

let stderr: string[];
beforeEach(() => {
  stderr = [];
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => stderr.push(String(text)) > 0);
});
afterEach(() => jest.restoreAllMocks());

const newFile = () => join(temporaryFolder(), 'credentials.json');
const entriesOf = (path: string): Entries => JSON.parse(readFileSync(path, 'utf8'));
const server = (chart: Chart) => new MySql(chart, 'mysql');
const nginx = (chart: Chart) =>
  new Nginx(chart, 'nginx', { ssh: {}, certificate: Certificate.fromSecret('nginx-tls') });

/** A chart for services in an app with a credentials file. */
function chartWith(path: string, ...add: ((chart: Chart) => unknown)[]): Chart {
  const app = new App({ outdir: join(temporaryFolder(), 'dist') });
  Images.tagged('registry.example.org', 'fixed').useIn(app);
  new CredentialsFile(app, 'secrets', { path });
  const chart = new Chart(app, 'shop', { namespace: 'shop' });
  for (const service of add) {
    service(chart);
  }
  return chart;
}

/** What is in the output folder after synth: the text of each file. */
function synthesized(chart: Chart): { [file: string]: string } {
  const app = chart.node.root as App;
  app.synth();
  return Object.fromEntries(
    readdirSync(app.outdir).map((file) => [file, readFileSync(join(app.outdir, file), 'utf8')]),
  );
}

function secretIn(chart: Chart, name: string): { [key: string]: string } {
  const secrets = chart.node.root.node.findChild('secrets') as Chart;
  const { data } = find(secrets.toJson() as Manifest[], 'Secret', name);
  return Object.fromEntries(
    Object.entries(data as object).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  );
}

describe('CredentialsFile', () => {
  it('is made at the first synth, for its owner alone, with one line on stderr', () => {
    const path = newFile();
    const chart = chartWith(path, server, nginx);
    synthesized(chart);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(path, '..'))).toEqual(['credentials.json']);
    expect(stderr).toEqual([`made 4 credentials in ${path} (mode 0600); keep the file, and keep it out of git\n`]);
    expect(Object.keys(entriesOf(path))).toEqual(['shop/mysql', 'shop/nginx-ssh']);
    expect(secretIn(chart, 'mysql')).toEqual(entriesOf(path)['shop/mysql']);
  });

  it('makes every next synth write the same bytes, and is not touched by it', () => {
    const path = newFile();
    const first = synthesized(chartWith(path, server, nginx));
    const { mtimeNs, ino } = statSync(path, { bigint: true });
    stderr = [];
    expect(synthesized(chartWith(path, server, nginx))).toEqual(first);
    expect(Object.keys(first)).toEqual(['secrets.k8s.yaml', 'shop.k8s.yaml']);
    expect(statSync(path, { bigint: true })).toMatchObject({ mtimeNs, ino });
    expect(stderr).toEqual([]);
  });

  it('keeps what it has when a service is added, and when one is removed', () => {
    const path = newFile();
    synthesized(chartWith(path, server));
    const { 'shop/mysql': mysql } = entriesOf(path);
    synthesized(chartWith(path, server, nginx));
    expect(entriesOf(path)['shop/mysql']).toEqual(mysql);
    expect(Object.keys(entriesOf(path))).toEqual(['shop/mysql', 'shop/nginx-ssh']);
    const all = readFileSync(path);
    synthesized(chartWith(path, nginx));
    expect(readFileSync(path)).toEqual(all);
  });

  it('adds the values that an entry lacks, and keeps the others', () => {
    const path = newFile();
    writeFileSync(path, JSON.stringify({ 'shop/mysql-blog': { username: 'me' } }));
    synthesized(chartWith(path, (chart) => server(chart).addDatabase('blog')));
    expect(entriesOf(path)['shop/mysql-blog']).toEqual({
      username: 'me',
      password: expect.stringMatching(/^[A-Za-z0-9]{32}$/),
    });
  });

  it('makes passwords of 32 letters and digits, no two alike', () => {
    const path = newFile();
    const databases = Array.from({ length: 20 }, (_, index) => `db${index}`);
    synthesized(
      chartWith(path, (chart) => {
        const mysql = server(chart);
        for (const name of databases) {
          mysql.addDatabase(name);
        }
      }),
    );
    const passwords = Object.values(entriesOf(path)).map(({ password }) => password ?? '');
    expect(passwords.filter((password) => !/^[A-Za-z0-9]{32}$/.test(password))).toEqual([]);
    expect(new Set(passwords).size).toBe(21);
  });

  it('makes SSH keys whose public half logs in', () => {
    const path = newFile();
    synthesized(chartWith(path, nginx));
    const keys = entriesOf(path)['shop/nginx-ssh'] ?? {};
    const { x, y } = createPrivateKey(keys['login-key'] ?? '').export({ format: 'jwk' });
    const [type, blob] = keys['authorized-keys']?.trim().split(' ') ?? [];
    expect(type).toBe('ecdsa-sha2-nistp256');
    expect(Buffer.from(blob ?? '', 'base64').subarray(-64)).toEqual(
      Buffer.concat([Buffer.from(x ?? '', 'base64url'), Buffer.from(y ?? '', 'base64url')]),
    );
    expect(createPrivateKey(keys['host-key'] ?? '').asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(keys['host-key']).not.toBe(keys['login-key']);
  });

  it('puts no secret value into any chart but its own', () => {
    const path = newFile();
    const { 'secrets.k8s.yaml': own = '', ...others } = synthesized(chartWith(path, server, nginx));
    const withoutBreaks = (text: string) => text.replace(/\s/g, '');
    const elsewhere = withoutBreaks(Object.values(others).join(''));
    const values = Object.values(entriesOf(path)).flatMap((entry) => Object.values(entry));
    expect(values).toHaveLength(4);
    for (const value of values) {
      const base64 = Buffer.from(value).toString('base64');
      expect(withoutBreaks(own)).toContain(base64);
      expect(elsewhere).not.toContain(base64);
      expect(elsewhere).not.toContain(withoutBreaks(value));
    }
  });

  it('has an entry for each Secret, by its namespace where that is known', () => {
    const path = newFile();
    synthesized(
      chartWith(path, server, (chart) => {
        const app = chart.node.root;
        new MySql(new Chart(app, 'test', { namespace: 'test' }), 'other');
        new MySql(new Chart(app, 'current'), 'third');
      }),
    );
    expect(Object.keys(entriesOf(path))).toEqual(['shop/mysql', 'test/other', 'third']);
  });

  it.each([
    ['half-written', '{ "shop/mysql": { "passw', /./],
    ['empty', '', /./],
    ['a list', '[]', /it is not a JSON object/],
    ['of the wrong form', '{"shop/mysql": "text"}', /its entry 'shop\/mysql' is not an object of texts/],
    [
      'of the wrong form inside',
      '{"shop/mysql": {"password": 1}}',
      /its entry 'shop\/mysql' is not an object of texts/,
    ],
  ])('is reported where it is %s, with all other mistakes, and is not written over', (_, content, reason) => {
    const path = newFile();
    writeFileSync(path, content, { mode: 0o640 });
    const chart = chartWith(path, server, (chart) => new MySql(chart, 'Bad'));
    const [own, other, ...more] = problems(chart);
    expect(own).toMatch(reason);
    expect(own?.replace(/\(.*?\);/, '(…);')).toBe(
      `[secrets] 'path' is ${path}, which cannot be read (…); restore it from a copy, or move it away to have every ` +
        'credential made anew; it was not written over',
    );
    expect(other).toMatch(/^\[shop\/Bad\] 'id' is 'Bad'/);
    expect(more).toEqual([]);
    expect(readFileSync(path, 'utf8')).toBe(content);
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(readdirSync((chart.node.root as App).outdir)).toEqual([]);
    expect(stderr).toEqual([]);
  });

  it('is reported where it cannot be read', () => {
    const path = temporaryFolder();
    expect(problems(chartWith(path, server))).toEqual([
      expect.stringContaining(`[secrets] 'path' is ${path}, which cannot be read (EISDIR`),
    ]);
  });

  it('leaves nothing behind where it cannot be written', () => {
    const folder = join(temporaryFolder(), 'missing');
    const chart = chartWith(join(folder, 'credentials.json'), server);
    expect(() => synthesized(chart)).toThrow();
    expect(existsSync(folder)).toBe(false);
    expect(readdirSync((chart.node.root as App).outdir)).toEqual([]);
    expect(stderr).toEqual([]);
  });

  it('comes before the services', () => {
    const app = testApp();
    server(new Chart(app, 'shop'));
    const path = newFile();
    expect(problems(new CredentialsFile(app, 'secrets', { path }))).toEqual([
      '[secrets] some services came before their credentials file and got no Secrets; add the file to the app first',
    ]);
    expect(existsSync(path)).toBe(false);
  });
});

describe('placeholders', () => {
  it('are fixed texts that name what they stand for, and are kept nowhere', () => {
    const chart = (): Chart => {
      const app = testApp();
      CredentialsFile.placeholders(app, 'secrets');
      const made = new Chart(app, 'shop', { namespace: 'shop' });
      new Nginx(made, 'nginx', { ssh: {} });
      server(made).addDatabase('blog');
      return made;
    };
    const first = chart();
    expect(secretIn(first, 'mysql-blog')).toEqual({
      username: 'blog',
      password: 'placeholder of mysql-blog password',
    });
    expect(secretIn(first, 'nginx-tls')['tls.key']).toBe('placeholder of nginx-tls tls.key');
    expect(secretIn(first, 'nginx-ssh')['host-key']).toBe('placeholder of nginx-ssh host-key');
    expect(synthesized(first)).toEqual(synthesized(chart()));
    expect(stderr).toEqual([]);
  });
});
