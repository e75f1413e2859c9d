import { placesOf, roomOf } from '../e2e/runner/places';

const GIBIBYTE = 1024 ** 3;

describe('how many suites run beside each other', () => {
  it.each([
    ['one more than the cores', { cores: 2, memory: 20, room: 20 }, 3, '2 cores'],
    ['what the machine has memory for', { cores: 8, memory: 1.1, room: 20 }, 2, '1.1 GiB of memory here'],
    [
      'what the nodes have memory for',
      { cores: 8, memory: 20, room: 4.2 },
      2,
      '4.2 GiB of memory on the nodes that no pod has asked for',
    ],
    [
      'one at least',
      { cores: 2, memory: 20, room: 0.5 },
      1,
      '0.5 GiB of memory on the nodes that no pod has asked for',
    ],
  ])('is %s', (_, { cores, memory, room }, places, reason) => {
    expect(placesOf({ cores, memory: memory * GIBIBYTE, room: room * GIBIBYTE })).toEqual({ places, reason });
  });

  it('counts what pods that have not ended have asked for', () => {
    const node = { status: { allocatable: { memory: '4Gi' } } };
    const pod = (phase: string, memory?: string) => ({
      spec: { nodeName: 'node', containers: [{ resources: memory ? { requests: { memory } } : {} }] },
      status: { phase },
    });
    expect(roomOf([node], [pod('Running', '512Mi'), pod('Succeeded', '1Gi'), pod('Running')])).toBe(3.5 * GIBIBYTE);
  });
});
