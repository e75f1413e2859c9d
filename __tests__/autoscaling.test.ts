import { type App, Chart, Size } from 'cdk8s';
import {
  type Autoscaling,
  Credentials,
  Database,
  Endpoint,
  Nginx,
  type NginxProps,
  Storage,
  Team,
  WordPress,
  type WordPressProps,
} from '../constructs';
import { find, problems, synth, testChart } from './support/app';

function entry(props: NginxProps) {
  const chart = testChart();
  new Nginx(chart, 'nginx', props);
  return chart;
}

function blog(props: Partial<WordPressProps>) {
  const chart = testChart();
  const database = Database.external({
    server: Endpoint.external({ host: 'db.example.org', port: 3306 }),
    name: 'posts',
    credentials: Credentials.fromSecret('posts'),
  });
  new WordPress(chart, 'blog', { database, ...props });
  return chart;
}

describe('A number of pods that follows the load', () => {
  it('is by CPU, from one pod on, unless told', () => {
    expect(find(synth(entry({ autoscaling: { max: 4 } })), 'HorizontalPodAutoscaler', 'nginx')).toMatchObject({
      apiVersion: 'autoscaling/v2',
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'nginx' },
        minReplicas: 1,
        maxReplicas: 4,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
        ],
        behavior: { scaleDown: { stabilizationWindowSeconds: 300 } },
      },
    });
  });

  it('may follow memory, too', () => {
    const { metrics } = find(
      synth(entry({ autoscaling: { max: 4, cpu: 200, memory: 90 } })),
      'HorizontalPodAutoscaler',
      'nginx',
    ).spec;
    expect(metrics.map(({ resource }: any) => [resource.name, resource.target.averageUtilization])).toEqual([
      ['cpu', 200],
      ['memory', 90],
    ]);
  });

  it('is not stated in the Deployment, where each apply would take it back', () => {
    expect(find(synth(entry({ autoscaling: { max: 4 } })), 'Deployment', 'nginx').spec).not.toHaveProperty('replicas');
  });

  it('has something to measure against in every container', () => {
    const { containers } = find(synth(entry({ autoscaling: { max: 4, memory: 80 }, ssh: {} })), 'Deployment', 'nginx')
      .spec.template.spec;
    for (const { resources } of containers) {
      expect(Object.keys(resources.requests)).toEqual(expect.arrayContaining(['cpu', 'memory']));
    }
  });

  it.each([
    [{ max: 1 }, false],
    [{ max: 2 }, true],
  ])('spreads the pods if there may be several (%j)', (autoscaling, spread) => {
    const { topologySpreadConstraints } = find(synth(entry({ autoscaling })), 'Deployment', 'nginx').spec.template.spec;
    expect(topologySpreadConstraints !== undefined).toBe(spread);
  });

  it('is counted with its most pods, and one more for a roll-out, where a team has a quota', () => {
    const chart = testChart();
    const team = new Team(new Chart(chart.node.root as App, 'teams'), 'red-team', {
      quota: { cpu: 0.1, memory: Size.gibibytes(1), pods: 9 },
    });
    const site = new Chart(chart.node.root as App, 'site', { namespace: team.name });
    new Nginx(site, 'entry', { autoscaling: { max: 4 } });
    expect(problems(chart)).toEqual([]);
    new Nginx(site, 'more');
    expect(problems(chart)).toEqual([expect.stringMatching(/'quota.cpu' is 0.1, .* site\/entry\/Workload 5 x 0.02/)]);
  });

  it('may be above one where the volume is shared', () => {
    const manifests = synth(blog({ autoscaling: { max: 3 }, storage: Storage.shared() }));
    expect(find(manifests, 'HorizontalPodAutoscaler', 'blog').spec.maxReplicas).toBe(3);
  });

  it('refuses more pods than the volume allows', () => {
    expect(problems(blog({ autoscaling: { max: 3 } }))).toEqual([
      expect.stringMatching(/'autoscaling' has 'max' 3 but its volume .* Storage.shared\(...\).* or max: 1$/),
    ]);
  });

  it.each<[Autoscaling, string]>([
    [{ min: 0, max: 4 }, "'autoscaling' has 'min' 0; use a whole number, 1 or more"],
    [{ min: 3, max: 2 }, "'autoscaling' has 'max' 2; use a whole number, 'min' (3) or more"],
    [{ max: 2.5 }, "'autoscaling' has 'max' 2.5; use a whole number, 'min' (1) or more"],
    [{ max: 4, cpu: 0 }, "'autoscaling' has 'cpu' 0; use a whole number of percent, 1 or more"],
    [
      { max: 2 ** 31 },
      "'autoscaling' has 'max' 2147483648, which is more than Kubernetes counts; use 2147483647 at most",
    ],
    [{ max: 4, cpu: 2 ** 31 }, "'cpu' 2147483648, which is more than Kubernetes counts; use 2147483647 at most"],
    [{ max: 4, memory: 0.8 }, "'autoscaling' has 'memory' 0.8; use a whole number of percent, 1 or more"],
  ])('refuses %j', (autoscaling, message) => {
    expect(problems(entry({ autoscaling }))).toEqual([expect.stringContaining(message)]);
  });

  it('refuses a fixed number beside it', () => {
    expect(problems(entry({ replicas: 2, autoscaling: { max: 4 } }))).toEqual([
      expect.stringContaining("'replicas' is 2, but with 'autoscaling'"),
    ]);
  });
});
