// The API of a cluster, as far as 'plan' asks it: what is applied takes the place of what is there.
const { createHash } = require('node:crypto');

const KINDS = {
  v1: {
    namespaces: 'Namespace',
    configmaps: 'ConfigMap',
    secrets: 'Secret',
    services: 'Service',
    persistentvolumeclaims: 'PersistentVolumeClaim',
  },
  'apps/v1': { deployments: 'Deployment', statefulsets: 'StatefulSet', daemonsets: 'DaemonSet' },
  'coordination.k8s.io/v1': { leases: 'Lease' },
  'batch/v1': { jobs: 'Job', cronjobs: 'CronJob' },
  'apiextensions.k8s.io/v1': { customresourcedefinitions: 'CustomResourceDefinition' },
};
const OF_CLUSTER = ['Namespace', 'CustomResourceDefinition'];
const OF_SERVER = ['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields'];

/** The label of the set's members and the ConfigMap that stands for the set of an app, as 'up' writes them. */
function setOf(name, namespace, kinds) {
  const parent = `cdk8s-services.${name}`;
  const id = `applyset-${createHash('sha256').update(`${parent}.${namespace}.ConfigMap.`).digest('base64url')}-v1`;
  const annotations = {
    'applyset.kubernetes.io/tooling': 'cdk8s-services/v0.1.0',
    'applyset.kubernetes.io/contains-group-kinds': kinds.join(','),
    'applyset.kubernetes.io/additional-namespaces': '',
  };
  const metadata = { name: parent, namespace, labels: { 'applyset.kubernetes.io/id': id }, annotations };
  return { id, parent: { apiVersion: 'v1', kind: 'ConfigMap', metadata } };
}

/** The answer to a request: `{ status, body, warnings }`. */
function answer(objects, method, url, body) {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const [, api, ...rest] = pathname.split('/');
  const version = api === 'api' ? rest.splice(0, 1).join('/') : rest.splice(0, 2).join('/');
  if (version === '') {
    const written = objects.map(({ apiVersion }) => apiVersion);
    const groups = [...new Set([...Object.keys(KINDS), ...written])].filter((name) => name?.includes('/'));
    return ok({
      groups: groups.map((name) => ({ name: name.split('/')[0], preferredVersion: { groupVersion: name } })),
    });
  }
  const kinds = KINDS[version] ?? kindsIn(objects, version);
  if (!kinds) {
    return { status: 404, body: { message: '404 page not found' }, warnings: [] };
  }
  if (rest.length === 0) {
    const resources = Object.entries(kinds).map(([name, kind]) => ({
      name,
      kind,
      namespaced: !(version in KINDS && OF_CLUSTER.includes(kind)),
    }));
    return ok({ resources });
  }
  const namespace = rest[0] === 'namespaces' && rest.length > 2 ? rest.splice(0, 2)[1] : undefined;
  const [resource, name] = rest.map(decodeURIComponent);
  const kind = kinds[resource];
  const found = objects.filter(
    (object) =>
      object.kind === kind &&
      groupOf(object.apiVersion) === groupOf(version) &&
      (namespace === undefined || object.metadata.namespace === namespace),
  );
  if (name === undefined) {
    const terms = (searchParams.get('labelSelector') ?? '').split(',').filter((term) => term !== '');
    const field = searchParams.get('fieldSelector')?.split('=')[1];
    const items = found
      .filter(({ metadata: { labels = {} } }) => terms.every((term) => matches(labels, term)))
      .filter(({ metadata }) => field === undefined || metadata.name === field)
      .map(({ apiVersion, kind, ...item }) => item);
    return ok({ apiVersion: version, kind: `${kind}List`, metadata: {}, items });
  }
  const live = found.find(({ metadata }) => metadata.name === name);
  if (method === 'GET') {
    return live ? ok(live) : missing(resource, name);
  }
  const isThere = ({ apiVersion, kind, metadata }) =>
    apiVersion === 'v1' && kind === 'Namespace' && metadata.name === namespace;
  if (namespace !== undefined && !objects.some(isThere)) {
    return missing('namespaces', namespace);
  }
  const ofServer = Object.entries(live?.metadata ?? {}).filter(([field]) => OF_SERVER.includes(field));
  const metadata = { ...body.metadata, ...Object.fromEntries(ofServer) };
  return { status: live ? 200 : 201, body: { ...body, metadata, status: live?.status }, warnings: [] };
}

/** What a version of a group that is not known has: what there is of it. */
function kindsIn(objects, version) {
  const kinds = objects.filter(({ apiVersion }) => apiVersion === version).map(({ kind }) => kind);
  return kinds.length === 0 ? undefined : Object.fromEntries(kinds.map((kind) => [`${kind.toLowerCase()}s`, kind]));
}

function groupOf(version = 'v1') {
  return version.includes('/') ? version.split('/')[0] : '';
}

/** `a`, `!a` or `a=b`. */
function matches(labels, term) {
  const [label, value] = term.replace(/^!/, '').split('=');
  return term.startsWith('!') ? !(label in labels) : label in labels && (value ?? labels[label]) === labels[label];
}

function ok(body) {
  return { status: 200, body, warnings: [] };
}

function missing(resource, name) {
  return { status: 404, body: { kind: 'Status', message: `${resource} "${name}" not found` }, warnings: [] };
}

module.exports = { answer, setOf };
