import { Chart } from 'cdk8s';
import { Endpoint, MySql, PhpMyAdmin } from '../constructs';
import { find, synth, testChart } from './support/app';

describe('Endpoint', () => {
  it('is a host and a port outside the app', () => {
    const { endpoint } = Endpoint.external({ host: 'db.example.org', port: 3307 });
    expect([endpoint.host, endpoint.port]).toEqual(['db.example.org', 3307]);
  });

  it('may be an address of IPv4', () => {
    expect(Endpoint.external({ host: '192.0.2.7', port: 3306 }).endpoint.host).toBe('192.0.2.7');
  });

  it.each([0, 65536, 1.5, Number.NaN])('refuses port %d', (port) => {
    expect(() => Endpoint.external({ host: 'db.example.org', port })).toThrow(
      new Error(`Endpoint.external: 'port' is ${port}; use a whole number from 1 to 65535`),
    );
  });

  it.each([
    '',
    'http://db.example.org',
    'db example',
    'db/x',
    'db.example.org:3306',
    '2001:db8::1',
    '[2001:db8::1]',
    '-db',
    'db.',
  ])('refuses host %j', (host) => {
    expect(() => Endpoint.external({ host, port: 1 })).toThrow(
      new Error(`Endpoint.external: 'host' is '${host}'; use a host name or an IPv4 address, without a port`),
    );
  });

  it('is found by its short name in its own namespace and with the namespace elsewhere', () => {
    const chart = testChart();
    const other = new Chart(chart.node.root, 'other', { namespace: 'tools' });
    const server = new MySql(chart, 'mysql');
    new PhpMyAdmin(chart, 'near', { server });
    new PhpMyAdmin(other, 'far', { server });
    const hostOf = (where: Chart, name: string) =>
      find(synth(where), 'Deployment', name).spec.template.spec.containers[0].env[0];
    expect(hostOf(chart, 'near')).toEqual({ name: 'PMA_HOST', value: 'mysql' });
    expect(hostOf(other, 'far')).toEqual({ name: 'PMA_HOST', value: 'mysql.shop' });
  });
});
