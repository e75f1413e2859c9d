import { Api, type Applied } from '../../../cli/cluster/api';
import { ApiError } from '../../../cli/cluster/api-error';
import { type Cluster, refusal } from '../../support/cluster';
import { clusterWith } from '../../support/planned';

const SHOP = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
const config = (name: string, more: object = {}): any => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'shop' },
  ...more,
});

/** The API of a cluster with these objects. */
function apiWith(...objects: readonly object[]): { readonly api: Api; readonly cluster: Cluster } {
  const { cluster, session } = clusterWith(SHOP, ...objects);
  return { api: new Api(session), cluster };
}

/** What is refused, where that is. */
const refused = (asked: Promise<unknown>): Promise<ApiError> =>
  asked.then(
    () => undefined as never,
    (error) => error,
  );

describe('the API', () => {
  it.each([[false], [true]])('is asked for an apply, tried alone or not: %s', async (dryRun) => {
    const { api, cluster } = apiWith();
    const asked: unknown[] = [];
    cluster.answers(({ method, path, query, body }) => {
      asked.push(...(method === 'PATCH' ? [path, `${query}`, body.kind] : []));
      return undefined;
    });
    const { created }: Applied = await api.apply(config('web'), '', { dryRun });
    expect(created).toBe(true);
    expect(asked).toEqual([
      '/api/v1/namespaces/shop/configmaps/web',
      `fieldManager=cdk8s-services&force=true&fieldValidation=Ignore${dryRun ? '&dryRun=All' : ''}`,
      'ConfigMap',
    ]);
    expect(cluster.applied).toHaveLength(dryRun ? 0 : 1);
  });

  it('tells what it warns of', async () => {
    const { api, cluster } = apiWith();
    cluster.answers(({ method }) =>
      method === 'PATCH'
        ? { status: 200, body: config('web'), warnings: ['unknown field "spec.a"', 'two'] }
        : undefined,
    );
    expect((await api.apply(config('web'), '')).warnings).toEqual(['unknown field "spec.a"', 'two']);
  });

  it('lists all of a type, however many, with what they are', async () => {
    const { api, cluster } = apiWith();
    cluster.answers(({ query }) => {
      const page = Number(query.get('continue') ?? 0);
      const metadata = page < 2 ? { continue: `${page + 1}` } : {};
      return {
        status: 200,
        body: { apiVersion: 'v1', kind: 'PodList', metadata, items: [{ metadata: { name: `${page}` } }] },
      };
    });
    expect(await api.list('v1/pods', { namespace: 'shop' })).toEqual(
      ['0', '1', '2'].map((name) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name } })),
    );
    expect(cluster.requests).toEqual(Array(3).fill('GET /api/v1/namespaces/shop/pods'));
  });

  it('lists none of what there is none, also of metadata alone', async () => {
    const { api, cluster } = apiWith();
    cluster.answers(() => ({
      status: 200,
      body: { apiVersion: 'meta.k8s.io/v1', kind: 'PartialObjectMetadataList', items: null },
    }));
    expect(await api.list('v1/pods', { names: true })).toEqual([]);
  });

  it('makes, changes, replaces and deletes, and finds nothing afterwards', async () => {
    const { api } = apiWith();
    const made = await api.create(config('web', { data: { a: '1' } }));
    await api.merge(made, { data: { b: '2' } });
    const changed = await api.get<any>('v1/configmaps', 'web', 'shop');
    expect(changed.data).toEqual({ a: '1', b: '2' });
    await api.replace({ ...changed, data: {} });
    expect((await api.find<any>('v1/configmaps', 'web', 'shop')).data).toEqual({});
    expect(await api.delete(made)).toBe(true);
    expect(await api.delete(made)).toBe(false);
    expect(await api.find('v1/configmaps', 'web', 'shop')).toBeUndefined();
  });

  it.each<[string, (api: Api) => Promise<unknown>, number, string]>([
    ['is there already', (api) => api.create(config('web')), 409, 'AlreadyExists'],
    [
      'has changed',
      (api) => api.replace(config('web', { metadata: { name: 'web', namespace: 'shop', resourceVersion: '7' } })),
      409,
      'Conflict',
    ],
    ['has changed and is to go', (api) => api.delete(config('web'), { resourceVersion: '7' }), 409, 'Conflict'],
    ['is not there', (api) => api.get('v1/configmaps', 'none', 'shop'), 404, 'NotFound'],
    [
      'is of a kind that nobody defines',
      (api) => api.apply({ ...config('web'), apiVersion: 'a.b/v1', kind: 'Widget' }, ''),
      404,
      'NotFound',
    ],
  ])('refuses what %s, by status and reason', async (_, ask, status, reason) => {
    const error = await refused(ask(apiWith(config('web')).api));
    expect(error).toBeInstanceOf(ApiError);
    expect([error.status, error.reason]).toEqual([status, reason]);
  });

  it('tells the causes of a refusal, and how to see whether one has a right', async () => {
    const { api, cluster } = apiWith();
    const causes = [{ field: 'spec.a', message: 'no', reason: 'FieldValueInvalid' }];
    cluster.answers(() => refusal(422, 'Invalid', 'it is invalid', causes));
    expect(await refused(api.read('/api/v1/namespaces'))).toMatchObject({ status: 422, said: 'it is invalid', causes });
    cluster.answers(() => refusal(403, 'Forbidden', 'no'));
    const next = async (asked: Promise<unknown>) => (await refused(asked)).next;
    expect(await next(api.list('apps/v1/deployments', { namespace: 'shop' }))).toBe(
      'kubectl --context minikube -n shop auth can-i list deployments, then run: npm run plan',
    );
    expect(await next(api.get('v1/nodes', 'a'))).toMatch(/^kubectl --context minikube auth can-i get nodes,/);
  });

  it('knows a kind that was defined after it was asked for it first', async () => {
    const { api, cluster } = apiWith();
    const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'web', namespace: 'shop' } };
    expect(await api.resourceOf(widget)).toBeUndefined();
    cluster.has(SHOP, widget);
    expect(await api.resourceOf(widget)).toMatchObject({ name: 'widgets' });
  });

  it('is asked again when it is busy', async () => {
    const { api, cluster } = apiWith();
    let times = 0;
    cluster.answers(() => (times++ < 2 ? { status: 429, body: {} } : undefined));
    expect((await api.get<any>('v1/namespaces', 'shop')).metadata.name).toBe('shop');
    expect(times).toBe(3);
  });

  it('may answer what is no JSON', async () => {
    const { api, cluster } = apiWith();
    cluster.answers(() => ({ status: 404, text: '404 page not found\n' }));
    expect(await refused(api.read('/apis/none'))).toMatchObject({ status: 404, said: '404 page not found' });
  });

  it.each([
    [500, 'dial tcp 127.0.0.1:1: connect: connection refused', "the cluster's API does not answer: 500, dial tcp"],
    [502, '', "the cluster's API does not answer: 502"],
    [401, '{}', 'the cluster does not know who you are: 401'],
  ])('is not reached: %s', async (status, text, cause) => {
    const { api, cluster } = apiWith();
    cluster.answers(() => ({ status, text }));
    const error = await refused(api.read('/api'));
    expect([error.message.startsWith(cause), error.step]).toEqual([true, 'cluster']);
  });
});
