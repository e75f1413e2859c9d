import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubernetesObject, Owner, Pod } from '../../../cli/cluster/object';
import { isPodOf, serviceOf, synthesized } from '../../../cli/services/services';
import { typed } from '../../support/typed';

const pod = (name: string, labels: { [label: string]: string }, owner?: Partial<Owner>): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'shop',
    labels,
    ownerReferences: owner && [{ ...typed(owner), controller: true } as Owner],
  },
});

describe('the service of an object', () => {
  it.each([
    [
      'its label',
      pod('web-7f-x', { 'app.kubernetes.io/instance': 'shop' }, { kind: 'ReplicaSet', name: 'web-7f' }),
      'shop',
    ],
    ['its Deployment', pod('web-7f-x', { 'pod-template-hash': '7f' }, { kind: 'ReplicaSet', name: 'web-7f' }), 'web'],
    ['its StatefulSet', pod('db-0', {}, { kind: 'StatefulSet', name: 'db' }), 'db'],
    ['its CronJob', pod('dump-29384950-x', {}, { kind: 'Job', name: 'dump-29384950' }), 'dump'],
    ['its Job', pod('load-2-x', {}, { kind: 'Job', name: 'load-2' }), 'load-2'],
    ['itself', pod('alone', {}), 'alone'],
  ])('is by %s', (_, object, service) => {
    expect(serviceOf(object)).toBe(service);
  });

  it('is of one namespace', () => {
    expect(isPodOf(pod('alone', {}), [{ service: 'alone', namespace: 'shop' }])).toBe(true);
    expect(isPodOf(pod('alone', {}), [{ service: 'alone', namespace: 'other' }])).toBe(false);
  });
});

describe('what an app has synthesized', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cli-services-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const names = (objects: KubernetesObject[]) => objects.map(({ metadata }) => metadata.name);

  it('is nothing where there is no app, or where it has not run', () => {
    expect(synthesized(folder, ['Pod'])).toEqual([]);
    writeFileSync(join(folder, 'cdk8s.yaml'), 'app: none\noutput: out\n');
    expect(synthesized(folder, ['Pod'])).toEqual([]);
  });

  it('is read from its output folder, by kinds, as blocks or as JSON', () => {
    mkdirSync(join(folder, 'out'));
    const block = (kind: string, name: string) => `apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: ${name}\n`;
    writeFileSync(join(folder, 'out', 'a.yaml'), `${block('Pod', 'one')}---\n${block('Secret', 'other')}`);
    writeFileSync(join(folder, 'out', 'b.yaml'), JSON.stringify(pod('two', {})));
    expect(names(synthesized(folder, ['Pod']))).toEqual(['one', 'two']);
  });
});
