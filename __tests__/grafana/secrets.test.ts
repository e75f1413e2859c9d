import { ContactPoint, Credentials, Endpoint, Grafana, TimeSeriesDatabase } from '../../constructs';
import { find, synth, testChart } from '../support/app';
import { parse } from '../support/yaml';

/** Every kind of character that some language takes for its own, and names that there are. */
const SECRET = `$HOME \${HOME} $$ $__env{HOME} \\ ' " % # @ { } : ; & \t é 漢`;
const FILES: { [file: string]: string } = {
  '/run/secrets/grafana/username': 'admin',
  '/run/secrets/grafana/password': `a${SECRET}`,
  '/run/secrets/grafana/secret-key': `k${SECRET}`,
  '/run/secrets/database/username': `u${SECRET}`,
  '/run/secrets/database/password': ` r${SECRET} `,
  '/run/secrets/contact-point/url': `https://hooks.example.org/${SECRET}`,
  '/run/secrets/contact-point/auth.token': `t${SECRET}`,
  '/run/secrets/contact-point/username': `m${SECRET}`,
  '/run/secrets/contact-point/password': `s${SECRET}`,
};

/** The image's run.sh: a variable for each one whose name ends with __FILE. */
function variables(env: { [name: string]: string }): { [name: string]: string } {
  const read = Object.entries(env).map(([name, value]) =>
    name.endsWith('__FILE') ? [name.replace(/__FILE$/, ''), FILES[value] ?? `no file ${value}`] : [name, value],
  );
  return { HOME: '/usr/share/grafana', ...Object.fromEntries(read) };
}

/** Grafana's `setting.ExpandVar`: variables in braces, then files. */
function expandVar(value: string, env: { [name: string]: string }): string {
  return value
    .replace(/\$(?:__env)?\{([^}]+)\}/g, (_, name) => env[name] ?? '')
    .replace(/\$__file\{([^}]+)\}/g, (_, file) => (FILES[file] ?? '').trim());
}

/** What provisioning makes of a value: `values.interpolateValue`, with Go's `os.ExpandEnv`. */
function provisioned(value: string, env: { [name: string]: string }): string {
  const expandEnv = (part: string) =>
    part.replace(/\$(?:\{([^}]*)\}|(\w+)|[*#$@!?-])/g, (_, braced, name) => env[braced ?? name ?? ''] ?? '');
  return value
    .split('$$')
    .map((part) => expandEnv(expandVar(part, env)))
    .join('$');
}

function grafana(contactPoint: ContactPoint) {
  const chart = testChart();
  const reader = Credentials.fromSecret('reader');
  const server = Endpoint.external({ host: 'db.example.org', port: 8086 });
  const database = TimeSeriesDatabase.external({ server, name: 'metrics', writer: reader, reader });
  new Grafana(chart, 'grafana', { database, contactPoint });
  const manifests = synth(chart);
  const { data } = find(manifests, 'ConfigMap', 'grafana');
  const [container] = find(manifests, 'Deployment', 'grafana').spec.template.spec.containers;
  const env = variables(Object.fromEntries(container.env.map(({ name, value }: any) => [name, value])));
  const setting = (section: string, key: string) => {
    const [, value = ''] = new RegExp(`\\[${section}\\][^[]*?^${key} = (.*)$`, 'm').exec(data['grafana.ini']) ?? [];
    return expandVar(value, env);
  };
  const value = (raw: string) => provisioned(raw, env);
  return { setting, value, file: (name: string) => parse(data[name]) };
}

describe('a secret that has characters of every language', () => {
  const server = Endpoint.external({ host: 'smtp.example.org', port: 587 });
  const mail = { recipients: ['ops@example.org'], sender: 'grafana@example.org', server };
  const webhook = ContactPoint.webhook({ url: Credentials.fromSecret('alerts') });

  it('would be cut in a file that a provisioned value names', () => {
    const cut = provisioned('$__file{/run/secrets/database/password}', {});
    expect(cut).not.toBe(FILES['/run/secrets/database/password']);
  });

  it('reaches the data source whole', () => {
    const { file, value } = grafana(webhook);
    const [{ user, secureJsonData }] = file('datasource.yaml').datasources;
    expect(value(user)).toBe(FILES['/run/secrets/database/username']);
    expect(value(secureJsonData.password)).toBe(FILES['/run/secrets/database/password']);
  });

  it("is the administrator's whole, and the key's", () => {
    const { setting } = grafana(webhook);
    expect(setting('security', 'admin_user')).toBe('admin');
    expect(setting('security', 'admin_password')).toBe(FILES['/run/secrets/grafana/password']);
    expect(setting('security', 'secret_key')).toBe(FILES['/run/secrets/grafana/secret-key']);
  });

  it('reaches a contact point whole, and is not taken for another one', () => {
    const secretSettings = ['url', 'auth.token'];
    const secret = Credentials.fromSecret('alerts');
    const { file, value } = grafana(ContactPoint.integration({ kind: 'other', secret, secretSettings }));
    const [{ settings }] = file('contact-point.yaml').contactPoints[0].receivers;
    expect(value(settings.url)).toBe(FILES['/run/secrets/contact-point/url']);
    expect(value(settings['auth.token'])).toBe(FILES['/run/secrets/contact-point/auth.token']);
  });

  it('reaches the mail server whole; without a login there is none', () => {
    const login = grafana(ContactPoint.email({ ...mail, credentials: Credentials.fromSecret('smtp') }));
    expect(login.setting('smtp', 'user')).toBe(FILES['/run/secrets/contact-point/username']);
    expect(login.setting('smtp', 'password')).toBe(FILES['/run/secrets/contact-point/password']);
    const none = grafana(ContactPoint.email(mail));
    expect([none.setting('smtp', 'user'), none.setting('smtp', 'password')]).toEqual(['', '']);
  });
});
