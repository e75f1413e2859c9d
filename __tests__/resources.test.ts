import { Size } from 'cdk8s';
import { MySql, type Resources, Sizes } from '../constructs';
import { find, problems, synth, testChart } from './support/app';

function resourcesOf(resources?: Resources) {
  const chart = testChart();
  new MySql(chart, 'mysql', { resources });
  return find(synth(chart), 'StatefulSet', 'mysql').spec.template.spec.containers[0].resources;
}

describe('Resources', () => {
  it("keep the service's own where nothing is said, with limits for all", () => {
    expect(resourcesOf()).toEqual({
      requests: { cpu: '100m', memory: '160Mi', 'ephemeral-storage': '1Gi' },
      limits: { cpu: '1', memory: '512Mi', 'ephemeral-storage': '1Gi' },
    });
    expect(resourcesOf({})).toEqual(resourcesOf());
  });

  it('derive the limits that are left out', () => {
    expect(resourcesOf({ cpu: 0.25, memory: Size.gibibytes(1) })).toMatchObject({
      requests: { cpu: '250m', memory: '1Gi' },
      limits: { cpu: '2500m', memory: '2Gi' },
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

  it.each<[string, Resources, string, string, string]>([
    ['small', Sizes.small(), '100m', '160Mi', '512Mi'],
    ['medium', Sizes.medium(), '200m', '320Mi', '1Gi'],
    ['large', Sizes.large(), '400m', '640Mi', '2Gi'],
  ])("of a %s size are a multiple of the service's own, but for the disk", (_, size, cpu, memory, limit) => {
    expect(resourcesOf(size)).toMatchObject({
      requests: { cpu, memory, 'ephemeral-storage': '1Gi' },
      limits: { memory: limit, 'ephemeral-storage': '1Gi' },
    });
  });

  it('are what is stated, and a multiple where nothing is', () => {
    expect(resourcesOf({ ...Sizes.large(), cpu: 0.3 })).toMatchObject({
      requests: { cpu: '300m', memory: '640Mi' },
      limits: { cpu: '3', memory: '2Gi' },
    });
    expect(resourcesOf({ ...Sizes.large(), memory: Size.mebibytes(200) })).toMatchObject({
      requests: { cpu: '400m', memory: '200Mi' },
      limits: { memory: '400Mi' },
    });
  });

  it.each([0, -2, Number.NaN, 65])('are never %d times the service’s own', (times) => {
    const chart = testChart();
    new MySql(chart, 'mysql', { resources: { times } });
    expect(problems(chart)).toEqual([`[shop/mysql] 'resources' has times ${times}; use a number above 0, 64 at most`]);
  });

  it('are rounded up to whole mebibytes', () => {
    expect(resourcesOf({ memory: Size.kibibytes(1500), memoryLimit: Size.kibibytes(2500) })).toMatchObject({
      requests: { memory: '2Mi' },
      limits: { memory: '3Mi' },
    });
  });

  it.each<[string, Resources, string]>([
    ['without processor', { cpu: 0 }, 'cpu 0 and cpuLimit 1; use 0.001 or more, and a limit that is no less'],
    [
      'less than a thousandth of one processor',
      { cpu: 0.0004 },
      'cpu 0.0004 and cpuLimit 1; use 0.001 or more, and a limit that is no less',
    ],
    ['without an end', { cpuLimit: Number.POSITIVE_INFINITY }, 'cpu 0.1 and cpuLimit Infinity; use numbers of cores'],
    ['without room on the disk', { ephemeralStorage: Size.gibibytes(0) }, 'ephemeralStorage 0 MiB; use 1 MiB or more'],
    ['of a negative amount', { cpu: -1 }, 'cpu -1 and cpuLimit 1; use 0.001 or more, and a limit that is no less'],
    [
      'without memory',
      { memory: Size.mebibytes(0) },
      'memory 0 MiB and memoryLimit 0 MiB; use 1 MiB or more, and a limit that is no less',
    ],
    [
      'limited to less processor than they ask for',
      { cpu: 2, cpuLimit: 1 },
      'cpu 2 and cpuLimit 1; use 0.001 or more, and a limit that is no less',
    ],
    [
      "limited to less processor than the service's own",
      { cpuLimit: 0.05 },
      'cpu 0.1 and cpuLimit 0.05; use 0.001 or more, and a limit that is no less',
    ],
    [
      'limited to less memory than they ask for',
      { memory: Size.gibibytes(1), memoryLimit: Size.mebibytes(512) },
      'memory 1024 MiB and memoryLimit 512 MiB; use 1 MiB or more, and a limit that is no less',
    ],
    [
      "limited to less memory than the service's own",
      { memoryLimit: Size.mebibytes(64) },
      'memory 160 MiB and memoryLimit 64 MiB; use 1 MiB or more, and a limit that is no less',
    ],
  ])('are never %s', (_, resources, rest) => {
    const chart = testChart();
    new MySql(chart, 'mysql', { resources });
    expect(problems(chart)).toEqual([`[shop/mysql] 'resources' has ${rest}`]);
  });
});
