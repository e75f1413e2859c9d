import { ContactPoint, Credentials, Endpoint, Grafana, TimeSeriesDatabase } from '../../constructs';
import { find, type Manifest, synth, testChart } from '../support/app';
import { policy, tcp } from '../support/network';
import { parse } from '../support/yaml';

const url = Credentials.fromSecret('alerts');
const server = Endpoint.external({ host: 'smtp.example.org', port: 587 });
const mail = { recipients: ['ops@example.org', 'boss@example.org'], sender: 'grafana@example.org', server };

const database = TimeSeriesDatabase.external({
  server: Endpoint.external({ host: 'db.example.org', port: 8087 }),
  name: 'metrics',
  writer: Credentials.fromSecret('writer'),
  reader: Credentials.fromSecret('reader'),
});

function grafana(contactPoint: ContactPoint): Manifest[] {
  const chart = testChart();
  new Grafana(chart, 'grafana', { database, contactPoint });
  return synth(chart);
}

function fileOf(manifests: Manifest[]) {
  return parse(find(manifests, 'ConfigMap', 'grafana').data['contact-point.yaml']);
}

function podOf(manifests: Manifest[]) {
  const { containers, volumes } = find(manifests, 'Deployment', 'grafana').spec.template.spec;
  const env = Object.fromEntries(containers[0].env.map(({ name, value }: any) => [name, value]));
  return { env, mounts: containers[0].volumeMounts, volumes };
}

describe('ContactPoint', () => {
  it.each([
    ['webhook', ContactPoint.webhook({ url })],
    ['slack', ContactPoint.slack({ url })],
  ])('posts as %s to a URL that is in a Secret', (type, contactPoint) => {
    const manifests = grafana(contactPoint);
    expect(fileOf(manifests)).toEqual({
      apiVersion: 1,
      contactPoints: [
        {
          orgId: 1,
          name: 'Services',
          receivers: [{ uid: 'services', type, settings: { url: '$GF_SECRET_CONTACT_POINT_url' } }],
        },
      ],
      policies: [{ orgId: 1, receiver: 'Services', group_by: ['grafana_folder', 'alertname'] }],
    });
    const { mounts, volumes } = podOf(manifests);
    expect(mounts).toContainEqual({
      name: 'contact-point',
      mountPath: '/run/secrets/contact-point',
      readOnly: true,
    });
    expect(mounts).toContainEqual({
      name: 'config',
      mountPath: '/etc/grafana/provisioning/alerting/contact-point.yaml',
      subPath: 'contact-point.yaml',
      readOnly: true,
    });
    const { secret } = volumes.find(({ name }: any) => name === 'contact-point');
    expect(secret).toMatchObject({ secretName: 'alerts', items: [{ key: 'url', path: 'url' }] });
    expect(policy(manifests, 'grafana').egress).toContainEqual({ ports: tcp(443) });
  });

  it('is let out to the port of its URL', () => {
    expect(policy(grafana(ContactPoint.webhook({ url, port: 8443 })), 'grafana').egress).toContainEqual({
      ports: tcp(8443),
    });
  });

  it('sends mails by a server, as a user whose password is in a file', () => {
    const manifests = grafana(ContactPoint.email({ ...mail, credentials: Credentials.fromSecret('smtp') }));
    const [{ receivers }] = fileOf(manifests).contactPoints;
    expect(receivers).toEqual([
      { uid: 'services', type: 'email', settings: { addresses: 'ops@example.org;boss@example.org' } },
    ]);
    const { env, volumes } = podOf(manifests);
    expect(env).toMatchObject({
      GF_SMTP_ENABLED: 'true',
      GF_SMTP_HOST: 'smtp.example.org:587',
      GF_SMTP_FROM_ADDRESS: 'grafana@example.org',
      GF_SECRET_SMTP_USERNAME__FILE: '/run/secrets/contact-point/username',
      GF_SECRET_SMTP_PASSWORD__FILE: '/run/secrets/contact-point/password',
    });
    expect(volumes.find(({ name }: any) => name === 'contact-point').secret.secretName).toBe('smtp');
    expect(policy(manifests, 'grafana').egress).toContainEqual({ ports: tcp(587) });
  });

  it('sends mails without a login', () => {
    const { env, volumes } = podOf(grafana(ContactPoint.email(mail)));
    expect(Object.keys(env).filter((name) => /SMTP_(USERNAME|PASSWORD)/.test(name))).toEqual([]);
    expect(volumes.map(({ name }: any) => name)).not.toContain('contact-point');
  });

  it('takes any other way of notifying, with its secrets in files and its texts as they are', () => {
    const contactPoint = ContactPoint.integration({
      kind: 'pagerduty',
      settings: { severity: 'critical', details: { text: '{{ $labels.pod_name }}' } },
      secret: Credentials.fromSecret('pager'),
      secretSettings: ['integrationKey'],
    });
    const [{ receivers }] = fileOf(grafana(contactPoint)).contactPoints;
    expect(receivers[0]).toMatchObject({
      type: 'pagerduty',
      settings: {
        severity: 'critical',
        details: { text: '{{ $$labels.pod_name }}' },
        integrationKey: '$GF_SECRET_CONTACT_POINT_integrationKey',
      },
    });
  });

  it.each(['url', 'bottoken', 'apiKey', 'password', 'integrationKey'])('refuses the secret setting %s', (setting) => {
    const props = { kind: 'telegram', settings: { [setting]: 's3cret' }, secret: url, secretSettings: [] };
    expect(() => ContactPoint.integration(props)).toThrow(
      new Error(
        `ContactPoint 'telegram': the setting '${setting}' is a secret; put it into the Secret and into 'secretSettings'`,
      ),
    );
  });

  it('refuses a URL in place of its Secret, without repeating it', () => {
    const props = { url: 'https://hooks.example.org/s3cret' as unknown as Credentials };
    expect(() => ContactPoint.webhook(props)).toThrow(
      new Error(
        "ContactPoint 'webhook': 'url' is a string, not credentials; put it into a Secret and pass " +
          "Credentials.fromSecret('…')",
      ),
    );
  });

  it.each([0, 65536, 1.5])('refuses the port %s', (port) => {
    expect(() => ContactPoint.slack({ url, port })).toThrow(
      new Error(`ContactPoint 'slack': 'port' is ${port}; use a whole number from 1 to 65535`),
    );
  });

  it('refuses mails to nobody', () => {
    expect(() => ContactPoint.email({ ...mail, recipients: [] })).toThrow(
      new Error("ContactPoint.email: 'recipients' is empty; name who gets the mails"),
    );
  });

  it.each(['', 'ops', 'a@b;c@d', 'a b@example.org', '$HOME@example.org'])('refuses the address %j', (address) => {
    const remedy = "use an address such as 'ops@example.org'";
    expect(() => ContactPoint.email({ ...mail, recipients: [address] })).toThrow(
      new Error(`ContactPoint.email: 'recipients' has '${address}'; ${remedy}`),
    );
    expect(() => ContactPoint.email({ ...mail, sender: address })).toThrow(
      new Error(`ContactPoint.email: 'sender' has '${address}'; ${remedy}`),
    );
  });
});
