import { apiOf } from '../../../cli/cluster/api';
import { applied } from '../../../cli/cluster/apply';
import { fromClientSide } from '../../../cli/cluster/managed-fields';
import { clusterWith } from '../../support/planned';

describe('what kubectl has applied client-side', () => {
  const old = {
    manager: 'kubectl-client-side-apply',
    operation: 'Update',
    fieldsV1: { 'f:data': { '.': {}, 'f:a': {}, 'f:lost': {} } },
  };
  const own = { manager: 'cdk8s-services', operation: 'Apply', fieldsV1: { 'f:data': { 'f:a': {}, 'f:b': {} } } };
  const other = { manager: 'kubectl-edit', operation: 'Update', fieldsV1: { 'f:data': { 'f:c': {} } } };

  it('becomes ours, with what we do not write any more', () => {
    expect(fromClientSide([old, other, own])).toEqual([
      other,
      { ...own, fieldsV1: { 'f:data': { '.': {}, 'f:a': {}, 'f:lost': {}, 'f:b': {} } } },
    ]);
  });

  it('is left as it is where there is none of it, or it is of a subresource', () => {
    expect(fromClientSide([other, own])).toBeUndefined();
    expect(fromClientSide([{ ...old, subresource: 'scale' }, own])).toBeUndefined();
    expect(fromClientSide()).toBeUndefined();
  });

  it('is taken over by an apply, which is done once more then', async () => {
    const config = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'web', namespace: 'shop' },
      data: { a: '1' },
    };
    const { cluster, session } = clusterWith({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
    const first = cluster.answers(({ query }) => {
      if (!query.has('force')) {
        return undefined;
      }
      first();
      const metadata = { ...config.metadata, resourceVersion: '7', managedFields: [old, own] };
      return { status: 200, body: { ...config, metadata } };
    });
    const merges: unknown[] = [];
    cluster.answers(({ method, query, body }) => {
      if (method !== 'PATCH' || query.has('force')) {
        return undefined;
      }
      merges.push(body);
      return { status: 200, body: {} };
    });
    await applied(session, [config], 'shop');
    expect(merges).toEqual([
      { metadata: { managedFields: [expect.objectContaining({ manager: 'cdk8s-services' })], resourceVersion: '7' } },
    ]);
    expect(cluster.applied).toHaveLength(1);
    expect(await apiOf(session).find('v1/configmaps', 'web', 'shop')).toMatchObject({ data: { a: '1' } });
  });
});
