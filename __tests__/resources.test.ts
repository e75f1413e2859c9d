import { Size } from 'cdk8s';
import { MySql, type Resources } from '../constructs';
import { find, synth, testChart } from './support/app';

function resourcesOf(resources?: Resources) {
  const chart = testChart();
  new MySql(chart, 'mysql', { resources });
  return find(synth(chart), 'StatefulSet', 'mysql').spec.template.spec.containers[0].resources;
}

describe('Resources', () => {
  it("keep the service's own where nothing is said, with limits for all", () => {
    expect(resourcesOf()).toEqual({
      requests: { cpu: '100m', memory: '256Mi', 'ephemeral-storage': '1024Mi' },
      limits: { cpu: '1000m', memory: '512Mi', 'ephemeral-storage': '1024Mi' },
    });
    expect(resourcesOf({})).toEqual(resourcesOf());
  });

  it('derive the limits that are left out', () => {
    expect(resourcesOf({ cpu: 0.25, memory: Size.gibibytes(1) })).toMatchObject({
      requests: { cpu: '250m', memory: '1024Mi' },
      limits: { cpu: '2500m', memory: '2048Mi' },
    });
  });

  it('take every value that is given', () => {
    expect(
      resourcesOf({
        cpu: 0.05,
        cpuLimit: 0.5,
        memory: Size.mebibytes(100),
        memoryLimit: Size.mebibytes(150),
        ephemeralStorage: Size.mebibytes(50),
      }),
    ).toEqual({
      requests: { cpu: '50m', memory: '100Mi', 'ephemeral-storage': '50Mi' },
      limits: { cpu: '500m', memory: '150Mi', 'ephemeral-storage': '50Mi' },
    });
  });
});
