import { createPrivateKey } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Chart, Yaml, YamlOutputType } from 'cdk8s';
import { Certificate, CredentialsFile, Ftps, Images, InfluxDb, MySql, Nginx, WordPress } from '../constructs';
import { find, type Manifest, problems, temporaryFolder, testApp } from './support/app';
import { chartBeside } from './support/network';

interface Entries {
  [secret: string]: { [key: string]: string };
}

let stderr: string[];
let umask: number;
beforeEach(() => {
  stderr = [];
  umask = process.umask(0o022);
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => stderr.push(String(text)) > 0);
});
afterEach(() => {
  process.umask(umask);
  jest.restoreAllMocks();
});

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

/** The point on the curve of a private key, or of the line of an authorized_keys file. */
function publicPointOf(key: string): string {
  if (key.startsWith('ecdsa-sha2-nistp256 ')) {
    return Buffer.from(key.split(' ')[1] ?? '', 'base64')
      .subarray(-64)
      .toString('hex');
  }
  const { x = '', y = '' } = createPrivateKey(key).export({ format: 'jwk' });
  return Buffer.concat([Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]).toString('hex');
}

describe('CredentialsFile', () => {
  it('is made at the first synth, for its owner alone, with one line on stderr', () => {
    const path = newFile();
    const chart = chartWith(path, server, nginx);
    synthesized(chart);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(path, '..'))).toEqual(['credentials.json']);
    expect(stderr).toEqual([`made 3 credentials in ${path} (mode 0600); keep the file, and keep it out of git\n`]);
    expect(Object.keys(entriesOf(path))).toEqual(['shop/mysql', 'shop/nginx-ssh']);
    expect(secretIn(chart, 'mysql')).toEqual(entriesOf(path)['shop/mysql']);
  });

  it.each(Object.entries({ 'as most shells have it': 0o022, 'taking no right': 0o000 }))(
    'is for its owner alone whatever the umask is (%s)',
    (_, mask) => {
      const path = newFile();
      const chart = chartWith(path, server);
      process.umask(mask);
      (chart.node.root as App).synthYaml();
      expect(process.umask(0o022)).toBe(mask);
      expect(statSync(path).mode & 0o077).toBe(0);
    },
  );

  it.each(Object.entries(YamlOutputType).filter(([, type]) => typeof type === 'number'))(
    'is whole before a Secret is written (%s)',
    (_, type) => {
      const path = newFile();
      const chart = chartWith(path, server);
      const app = chart.node.root as App;
      Object.assign(app, { yamlOutputType: type });
      const save = jest.spyOn(Yaml, 'save').mockImplementation((file, objects) => {
        if (JSON.stringify(objects).includes('"Secret"')) {
          expect(entriesOf(path)).toHaveProperty(['shop/mysql', 'password']);
        }
        return file;
      });
      app.synth();
      expect(save).toHaveBeenCalled();
    },
  );

  it('is not there, nor is any YAML, where the app has a mistake', () => {
    const path = newFile();
    const chart = chartWith(path, server, (chart) => new MySql(chart, 'Bad'));
    expect(problems(chart)).toHaveLength(1);
    expect(() => (chart.node.root as App).synthYaml()).toThrow("'id' is 'Bad'");
    expect(() => chart.toJson()).toThrow("'id' is 'Bad'");
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(join(path, '..'))).toEqual([]);
    expect(readdirSync((chart.node.root as App).outdir)).toEqual([]);
  });

  it('is not written by a check of the app', () => {
    const path = newFile();
    const chart = chartWith(path, (chart) => new InfluxDb(chart, 'influxdb').addDatabase('metrics'));
    const checks = chart.node.root.node.findAll().flatMap((construct) => construct.node.validate());
    expect(checks).toEqual([]);
    expect(existsSync(path)).toBe(false);
  });

  it('is not written over where another program writes it between the checks and the YAML', () => {
    const path = newFile();
    const chart = chartWith(path, server);
    chart.node.addValidation({
      validate: () => {
        writeFileSync(path, '{}');
        return [];
      },
    });
    expect(() => (chart.node.root as App).synth()).toThrow(
      `'path' is ${path}, which another program has written meanwhile; run this one again`,
    );
    expect(readFileSync(path, 'utf8')).toBe('{}');
    expect(readdirSync(join(path, '..'))).toEqual(['credentials.json']);
    expect(readdirSync((chart.node.root as App).outdir)).toEqual([]);
  });

  it('says how many there are to keep', () => {
    const path = newFile();
    synthesized(chartWith(path, server));
    expect(stderr).toEqual([`made 1 credential in ${path} (mode 0600); keep the file, and keep it out of git\n`]);
  });

  it('stays where a link to it leads', () => {
    const path = newFile();
    writeFileSync(path, '{}');
    const link = join(temporaryFolder(), 'link.json');
    symlinkSync(path, link);
    synthesized(chartWith(link, server));
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(Object.keys(entriesOf(path))).toEqual(['shop/mysql']);
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
    const ftps =
      (...users: string[]) =>
      (chart: Chart) =>
        new Ftps(chart, 'ftps', { users, certificate: Certificate.fromSecret('ftps-tls') });
    synthesized(chartWith(path, ftps('anna')));
    const { 'shop/ftps-users': before } = entriesOf(path);
    synthesized(chartWith(path, ftps('anna', 'ben')));
    expect(entriesOf(path)['shop/ftps-users']).toEqual({
      ...before,
      ben: expect.stringMatching(/^[A-Za-z0-9]{32}$/),
    });
  });

  it('holds only what is random: names and public keys follow the program, whatever it says', () => {
    const path = newFile();
    const add = (chart: Chart) => [server(chart).addDatabase('blog'), nginx(chart)];
    synthesized(chartWith(path, add));
    const entries = entriesOf(path);
    expect(Object.keys(entries['shop/mysql-blog'] ?? {})).toEqual(['password']);
    expect(Object.keys(entries['shop/nginx-ssh'] ?? {}).sort()).toEqual(['host-key', 'login-key']);
    const stale = { ...entries, 'shop/mysql-blog': { ...entries['shop/mysql-blog'], username: 'me' } };
    writeFileSync(path, JSON.stringify(stale));
    expect(secretIn(chartWith(path, add), 'mysql-blog')).toEqual({ ...entries['shop/mysql-blog'], username: 'blog' });
  });

  it('gives the public half of the key that is kept now', () => {
    const path = newFile();
    synthesized(chartWith(path, nginx));
    const { 'host-key': other = '' } = entriesOf(path)['shop/nginx-ssh'] ?? {};
    const before = secretIn(chartWith(path, nginx), 'nginx-ssh')['authorized-keys'];
    writeFileSync(path, JSON.stringify({ 'shop/nginx-ssh': { 'host-key': other, 'login-key': other } }));
    const after = secretIn(chartWith(path, nginx), 'nginx-ssh')['authorized-keys'] ?? '';
    expect(after).not.toBe(before);
    expect(publicPointOf(after)).toEqual(publicPointOf(other));
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
    const keys = secretIn(chartWith(path, nginx), 'nginx-ssh');
    expect(keys['authorized-keys']).toMatch(/^ecdsa-sha2-nistp256 /);
    expect(publicPointOf(keys['authorized-keys'] ?? '')).toEqual(publicPointOf(keys['login-key'] ?? ''));
    expect(createPrivateKey(keys['host-key'] ?? '').asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(keys['host-key']).not.toBe(keys['login-key']);
  });

  it('puts no secret value into any chart but its own', () => {
    const path = newFile();
    const { 'secrets.k8s.yaml': own = '', ...others } = synthesized(chartWith(path, server, nginx));
    const withoutBreaks = (text: string) => text.replace(/\s/g, '');
    const elsewhere = withoutBreaks(Object.values(others).join(''));
    const values = Object.values(entriesOf(path)).flatMap((entry) => Object.values(entry));
    expect(values).toHaveLength(3);
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

  it('has one entry for a Secret and its copies in other namespaces', () => {
    const path = newFile();
    const add = (chart: Chart) =>
      new WordPress(chartBeside(chart, 'web'), 'blog', { database: server(chart).addDatabase('blog') });
    const chart = chartWith(path, add);
    synthesized(chart);
    expect(Object.keys(entriesOf(path))).toEqual(['shop/mysql', 'shop/mysql-blog', 'web/blog', 'web/blog-users']);
    const secrets = chart.node.root.node.findChild('secrets') as Chart;
    const copies = (secrets.toJson() as Manifest[]).filter(({ metadata }) => metadata.name.endsWith('mysql-blog'));
    expect(copies.map(({ metadata }) => metadata.namespace)).toEqual(['shop', 'web']);
    expect(copies[1]?.data).toEqual(copies[0]?.data);
  });

  const notTexts = "its entry 'shop/mysql' is not an object of texts, none of them empty";
  it.each([
    ['half-written', '{ "shop/mysql": { "password": "s3cret', 'it is not JSON, or only the beginning of it'],
    ['empty', '', 'it is not JSON, or only the beginning of it'],
    ['a list', '["s3cret"]', 'it is not a JSON object'],
    ['of the wrong form', '{"shop/mysql": "s3cret"}', notTexts],
    ['of the wrong form inside', '{"shop/mysql": {"password": 1, "old": "s3cret"}}', notTexts],
    ['empty inside', '{"shop/mysql": {"password": "", "old": "s3cret"}}', notTexts],
  ])(
    'is reported where it is %s, with all other mistakes, without its content, and is not written over',
    (_, content, reason) => {
      const path = newFile();
      writeFileSync(path, content, { mode: 0o640 });
      const chart = chartWith(path, server, (chart) => new MySql(chart, 'Bad'));
      expect(problems(chart)).toEqual([
        `[secrets] 'path' is ${path}, which cannot be used (${reason}); restore it from a copy, or move it away to have ` +
          'every credential made anew; it was not written over',
        expect.stringMatching(/^\[shop\/Bad\] 'id' is 'Bad'/),
      ]);
      expect(readFileSync(path, 'utf8')).toBe(content);
      expect(statSync(path).mode & 0o777).toBe(0o640);
      expect(readdirSync((chart.node.root as App).outdir)).toEqual([]);
      expect(stderr).toEqual([]);
    },
  );

  it('is reported where it cannot be read', () => {
    const path = temporaryFolder();
    expect(problems(chartWith(path, server))).toEqual([
      expect.stringContaining(`[secrets] 'path' is ${path}, which cannot be used (EISDIR`),
    ]);
  });

  it('is reported where the authority in it is not whole', () => {
    const path = newFile();
    writeFileSync(path, '{".authority": {"ca.crt": "s3cret"}}');
    const chart = chartWith(path, server, (chart) => new Ftps(chart, 'ftps'));
    expect(problems(chart)).toEqual([expect.stringContaining(`'path' is ${path}, which cannot be used (`)]);
    expect(problems(chart).join()).not.toContain('s3cret');
  });

  it('is reported where the authority in it is broken, with all other mistakes', () => {
    const path = newFile();
    const content = JSON.stringify({ '.authority': { 'ca.crt': 's3cret', 'ca.key': 's3cret' } });
    writeFileSync(path, content);
    const chart = chartWith(
      path,
      (chart) => new Ftps(chart, 'ftps'),
      (chart) => new MySql(chart, 'Bad'),
    );
    const [own, other, ...more] = problems(chart);
    expect(own).toContain(`[shop/ftps] ${path} holds a key that cannot be used (`);
    expect(own).not.toContain('s3cret');
    expect(other).toMatch(/^\[shop\/Bad\] 'id' is 'Bad'/);
    expect(more).toEqual([]);
    expect(readFileSync(path, 'utf8')).toBe(content);
  });

  it('is reported where a key in it is broken, with all other mistakes, without the key, and is not written over', () => {
    const path = newFile();
    const content = '{"shop/nginx-ssh": {"host-key": "s3cret", "login-key": "s3cret"}}';
    writeFileSync(path, content);
    const messages = problems(chartWith(path, nginx, server, (chart) => new MySql(chart, 'Bad')));
    expect(messages).toEqual([
      expect.stringMatching(/^\[shop\/nginx\] .* holds a key that cannot be used \(.*\); restore it from a copy$/),
      expect.stringMatching(/^\[shop\/Bad\] 'id' is 'Bad'/),
    ]);
    expect(messages[0]).toContain(path);
    expect(messages.join()).not.toContain('s3cret');
    expect(readFileSync(path, 'utf8')).toBe(content);
    expect(stderr).toEqual([]);
  });

  it('is reported where it cannot be written, with all other mistakes, and leaves nothing behind', () => {
    const folder = join(temporaryFolder(), 'missing');
    const path = join(folder, 'credentials.json');
    const chart = chartWith(path, server, (chart) => new MySql(chart, 'Bad'));
    const [own, other, ...more] = problems(chart);
    expect(own).toMatch(`[secrets] 'path' is ${path}, which cannot be written (ENOENT`);
    expect(own).toMatch(/\); make its folder writable, or choose another$/);
    expect(other).toMatch(/^\[shop\/Bad\] 'id' is 'Bad'/);
    expect(more).toEqual([]);
    expect(existsSync(folder)).toBe(false);
    expect(readdirSync((chart.node.root as App).outdir)).toEqual([]);
    expect(stderr).toEqual([]);
  });

  it('loses nothing where two programs make credentials at once', () => {
    const path = newFile();
    const [one, other] = [chartWith(path, server), chartWith(path, (chart) => new MySql(chart, 'other'))];
    synthesized(one);
    expect(problems(other)).toEqual([
      `[secrets] 'path' is ${path}, which another program has written meanwhile; run this one again`,
    ]);
    expect(Object.keys(entriesOf(path))).toEqual(['shop/mysql']);
    synthesized(chartWith(path, (chart) => new MySql(chart, 'other')));
    expect(Object.keys(entriesOf(path))).toEqual(['shop/mysql', 'shop/other']);
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

  it('is the only one of its app', () => {
    const path = newFile();
    const chart = chartWith(path, server);
    new CredentialsFile(chart.node.root as App, 'more', { path });
    expect(problems(chart)).toEqual(['[more] the app has a credentials file already; remove one of them']);
  });

  it('belongs to the whole app', () => {
    const chart = new Chart(testApp(), 'shop');
    new CredentialsFile(chart, 'secrets', { path: newFile() });
    expect(problems(chart)).toEqual([
      '[shop/secrets] a credentials file belongs to the whole app, but its scope is a part of it; ' +
        'pass the app as scope',
    ]);
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
