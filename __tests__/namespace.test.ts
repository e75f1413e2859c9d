import { Chart } from 'cdk8s';
import { RestrictedNamespace } from '../constructs';
import { problems, synth, testApp } from './support/app';

describe('RestrictedNamespace', () => {
  it('refuses pods that are not restricted, and connections that no policy opens', () => {
    const chart = new Chart(testApp(), 'namespace');
    const { resource } = new RestrictedNamespace(chart, 'shop');
    expect(resource.name).toBe('shop');
    expect(synth(chart)).toEqual([
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: {
          name: 'shop',
          labels: {
            'app.kubernetes.io/managed-by': 'cdk8s',
            'pod-security.kubernetes.io/audit': 'restricted',
            'pod-security.kubernetes.io/enforce': 'restricted',
            'pod-security.kubernetes.io/warn': 'restricted',
          },
        },
      },
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'default-deny', namespace: 'shop' },
        spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
      },
    ]);
  });

  it('refuses a name that no namespace can have', () => {
    const chart = new Chart(testApp(), 'namespace');
    new RestrictedNamespace(chart, 'My Shop');
    expect(problems(chart)).toEqual([
      "[namespace/My Shop] 'id' is 'My Shop', but a name starts with a letter and holds only a-z, 0-9 and '-'; " +
        'rename it',
    ]);
  });
});
