import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { MySql } from '../../constructs';
import { find, problems, synth, testApp, testChart } from '../support/app';

function problemsOf(id: string): string[] {
  const chart = testChart();
  new MySql(chart, id);
  return problems(chart);
}

describe('a name', () => {
  it('is the ids below the chart, joined', () => {
    const chart = testChart();
    const mysql = new MySql(new Construct(new Construct(chart, 'red'), 'team'), 'db');
    const { metadata, spec } = find(synth(chart), 'StatefulSet', 'red-team-db');
    expect(metadata.labels).toMatchObject({
      'app.kubernetes.io/instance': 'red-team-db',
      'app.kubernetes.io/part-of': 'shop',
    });
    expect(spec.serviceName).toBe('red-team-db');
    expect(mysql.endpoint.host).toBe('red-team-db.shop');
  });

  it('does not change with the charts above it', () => {
    const nested = new Chart(new Chart(testApp(), 'outer'), 'inner');
    new MySql(nested, 'db');
    expect([...new Set(nested.toJson().map(({ metadata }) => metadata.name))]).toEqual(['db']);
  });

  it('selects pods by app and instance alone', () => {
    const chart = testChart();
    new MySql(chart, 'db');
    const selector = { 'app.kubernetes.io/name': 'mysql', 'app.kubernetes.io/instance': 'db' };
    const manifests = synth(chart);
    expect(find(manifests, 'Service', 'db').spec.selector).toEqual(selector);
    expect(find(manifests, 'StatefulSet', 'db').spec.selector).toEqual({ matchLabels: selector });
    expect(find(manifests, 'NetworkPolicy', 'db').spec.podSelector).toEqual({ matchLabels: selector });
  });

  it.each(['Blog', 'my_blog', '1st', 'blog-', 'my.blog'])('is not %j', (id) => {
    expect(problemsOf(id)).toContain(
      `[shop/${id}] 'id' is '${id}', but a name starts with a letter and holds only a-z, 0-9 and '-'; rename it`,
    );
  });

  it('is refused, once, where the chart has an id or a namespace that Kubernetes refuses', () => {
    const chart = new Chart(testApp(), 'c'.repeat(64), { namespace: 'Shop' });
    new MySql(chart, 'mysql');
    new MySql(chart, 'other');
    expect(problems(chart)).toEqual([
      `[${chart.node.id}] 'id' is '${chart.node.id}', which is a label of each service in the chart; use up to 63 ` +
        "letters, digits, '-', '_' and '.', a letter or digit first and last",
      `[${chart.node.id}] 'namespace' is 'Shop', which no namespace is called; use up to 63 of a-z, 0-9 and '-', a ` +
        'letter or digit first and last',
    ]);
  });

  it('has at most 52 characters', () => {
    const id = 'a'.repeat(53);
    expect(problemsOf('a'.repeat(52))).toEqual([]);
    expect(problemsOf(id)).toEqual([
      `[shop/${id}] 'id' is '${id}', 53 characters long, but at most 52 fit; use shorter ids`,
    ]);
  });
});
