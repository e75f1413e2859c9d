import { parse } from 'smol-toml';
import {
  Credentials,
  Endpoint,
  Grafana,
  type IMonitored,
  Telegraf,
  TelegrafInput,
  TimeSeriesDatabase,
} from '../constructs';
import { find, synth, testChart } from './support/app';

const endpoint = Endpoint.external({ host: 'shop.example.org', port: 7777 });
const database = TimeSeriesDatabase.external({
  server: Endpoint.external({ host: 'influx.example.org', port: 8086 }),
  name: 'metrics',
  writer: Credentials.fromSecret('writer'),
  reader: Credentials.fromSecret('reader'),
});

/** A service of another team's. */
const shop: IMonitored = {
  monitoring: () => ({
    name: 'shop',
    inputs: [
      new TelegrafInput({
        plugin: 'redis',
        options: { servers: ['tcp://${host}:${port}'], username: '${username}', password: '${password}', fields: 3 },
        endpoint,
        credentials: Credentials.fromSecret('shop-monitor'),
      }),
    ],
    dashboard: '{"title": "${service}", "uid": "${service}"}',
  }),
};

describe('Monitoring', () => {
  it('tells Telegraf what to read, where, and in which files the password is', () => {
    const chart = testChart();
    new Telegraf(chart, 'telegraf', { database, watch: [shop] });
    const manifests = synth(chart);
    const config = parse(find(manifests, 'ConfigMap', 'telegraf').data['telegraf.conf']);
    expect(config.inputs).toMatchObject({
      redis: [
        {
          servers: ['tcp://shop.example.org:7777'],
          username: '@{shop_monitor:username}',
          password: '@{shop_monitor:password}',
          fields: 3,
          tags: { service: 'shop' },
        },
      ],
    });
    expect(config.secretstores).toMatchObject({
      docker: [{ id: 'writer' }, { id: 'shop_monitor', path: '/run/secrets/shop-monitor' }],
    });
    const { template } = find(manifests, 'Deployment', 'telegraf').spec;
    const { name } = template.spec.volumes.find(
      ({ secret }: { secret?: { secretName: string } }) => secret?.secretName === 'shop-monitor',
    );
    expect(template.spec.containers[0].volumeMounts).toContainEqual({
      name,
      mountPath: '/run/secrets/shop-monitor',
      readOnly: true,
    });
  });

  it('opens the network from Telegraf to what it reads', () => {
    const chart = testChart();
    new Telegraf(chart, 'telegraf', { database, watch: [shop] });
    expect(find(synth(chart), 'NetworkPolicy', 'telegraf').spec.egress).toContainEqual({
      ports: [{ port: 7777, protocol: 'TCP' }],
    });
  });

  it('gives Grafana a dashboard of the service', () => {
    const chart = testChart();
    new Grafana(chart, 'grafana', { database, dashboards: [shop] });
    expect(find(synth(chart), 'ConfigMap', 'grafana-dashboard-shop').data).toEqual({
      'shop.json': '{"title":"shop","uid":"shop"}\n',
    });
  });

  it('is a name at least', () => {
    const chart = testChart();
    const bare: IMonitored = { monitoring: () => ({ name: 'bare' }) };
    new Telegraf(chart, 'telegraf', { database, watch: [bare] });
    new Grafana(chart, 'grafana', { database, dashboards: [bare] });
    const { inputs } = parse(find(synth(chart), 'ConfigMap', 'telegraf').data['telegraf.conf']);
    expect(Object.keys(inputs as object)).toEqual(['internal', 'kubernetes', 'kube_inventory']);
  });

  it.each(['password', 'api_token', 'clientSecret'])(
    'refuses a secret in the option %s, without repeating it',
    (option) => {
      expect(() => new TelegrafInput({ plugin: 'redis', options: { [option]: 's3cret' }, endpoint })).toThrow(
        new Error(`TelegrafInput 'redis': '${option}' is a secret itself; use '\${password}' and pass 'credentials'`),
      );
    },
  );

  it.each([
    { tls: { password: 's3cret' } },
    { servers: [{ password: 's3cret' }] },
    { password: ['s3cret'] },
    { password: ['${password}', 's3cret'] },
    { password: '${host}' },
  ])('refuses a secret anywhere in %j, without repeating it', (options) => {
    expect(() => new TelegrafInput({ plugin: 'redis', options, endpoint })).toThrow(
      new Error("TelegrafInput 'redis': 'password' is a secret itself; use '${password}' and pass 'credentials'"),
    );
  });

  it.each([
    { password: '${password}' },
    { token: '${username}' },
    { servers: [{ password: '${password}' }] },
    { bearer_token: '/var/run/secrets/kubernetes.io/serviceaccount/token' },
    { password: ['${password}'] },
  ])('takes %j, which refers to a secret', (options) => {
    expect(new TelegrafInput({ plugin: 'redis', options, endpoint }).props.options).toEqual(options);
  });

  it.each([{ password: '' }, { use_token: false }, { tokens: [] }, { secrets: [''] }])(
    'takes %j, which holds no secret',
    (options) => {
      expect(new TelegrafInput({ plugin: 'redis', options, endpoint }).props.options).toEqual(options);
    },
  );
});
