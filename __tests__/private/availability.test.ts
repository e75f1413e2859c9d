import { MySql, PhpMyAdmin, Storage } from '../../constructs';
import { find, synth, testChart } from '../support/app';

function admin(replicas?: number) {
  const chart = testChart();
  new PhpMyAdmin(chart, 'admin', { server: new MySql(chart, 'mysql'), replicas, sessions: Storage.shared() });
  return synth(chart);
}

const selector = { 'app.kubernetes.io/name': 'phpmyadmin', 'app.kubernetes.io/instance': 'admin' };

describe('A drain of nodes', () => {
  it.each([undefined, 1, 3])(
    'evicts one pod at a time, and never waits for a single or a broken one (%p)',
    (replicas) => {
      expect(find(admin(replicas), 'PodDisruptionBudget', 'admin').spec).toEqual({
        selector: { matchLabels: selector },
        maxUnavailable: 1,
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
      });
    },
  );
});

describe('Replicas', () => {
  const constraints = (replicas?: number) =>
    find(admin(replicas), 'Deployment', 'admin').spec.template.spec.topologySpreadConstraints;

  it('are spread over zones and nodes', () => {
    expect(constraints(2)).toEqual(
      ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
        topologyKey,
        maxSkew: 1,
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: selector },
        matchLabelKeys: ['pod-template-hash'],
      })),
    );
  });

  it('are not, where there is one', () => {
    expect(constraints()).toBeUndefined();
  });
});
