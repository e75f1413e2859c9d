// A kubectl for tests, and the cluster behind it: cluster.json, with an API that knows no kinds. Workloads are ready at
// once, unless the file has them without a status.
const { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const CALLS = process.env.CALLS;
const PATH = join(CALLS, '..', 'cluster.json');

const { words, options } = parse(process.argv.slice(2));
const [verb, ...rest] = words;
const namespace = options.n ?? 'default';
const given = options.f && !options.raw ? input() : [];

takeTurn();
const cluster = JSON.parse(readFileSync(PATH, 'utf8'));

const verbs = { config, get, apply, create, replace, delete: remove, label, annotate, 'api-resources': () => '' };
const answer = verbs[verb]?.();
if (answer !== undefined) {
  process.stdout.write(typeof answer === 'string' ? answer : `${JSON.stringify(answer)}\n`);
}

/** One after the other, as the API's own database has it. */
function takeTurn() {
  const turn = `${PATH}.turn`;
  for (;;) {
    try {
      mkdirSync(turn);
      process.on('exit', () => rmdirSync(turn));
      return;
    } catch {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

function config() {
  return rest[0] === 'get-contexts' ? 'minikube\n' : '';
}

function get() {
  if (options.raw) {
    return 'ok';
  }
  if (options.f) {
    return list(given.flatMap((object) => find(object) ?? []));
  }
  const [kinds, ...names] = rest;
  const found = cluster.items.filter(
    (object) =>
      kinds.split(',').some((kind) => isOf(object, kind)) &&
      (object.metadata.namespace === undefined ||
        'all-namespaces' in options ||
        object.metadata.namespace === namespace) &&
      (names.length === 0 || names.includes(object.metadata.name)) &&
      (options.l ?? '').split(/,(?![^(]*\))/).every((term) => matches(object, term)),
  );
  if (options['no-headers']) {
    return found.map(({ metadata }) => `${metadata.name}   1   1m\n`).join('');
  }
  if (options.o === 'name') {
    return found.map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}\n`).join('');
  }
  return names.length === 1 ? (found[0] ?? '') : list(found);
}

function apply() {
  const objects = given;
  note('applied', objects);
  return list(
    objects.map((object) => {
      const before = find(object);
      const after = { ...before, ...object, metadata: { ...before?.metadata, ...object.metadata } };
      after.metadata.labels = { ...before?.metadata.labels, ...object.metadata.labels };
      after.metadata.uid ??= `${cluster.items.length}`;
      after.metadata.managedFields = [recordOf(object)];
      if (groupOf(object) === 'apps' && /^(Deployment|StatefulSet|DaemonSet)$/.test(object.kind) && !before) {
        const { replicas = 1 } = object.spec;
        const counts = { replicas, updatedReplicas: replicas, readyReplicas: replicas, availableReplicas: replicas };
        after.status = { observedGeneration: 1, ...counts };
      }
      if (object.apiVersion === 'v1' && object.kind === 'Namespace' && !before) {
        after.status = { phase: 'Active' };
      }
      return put(after, before);
    }),
  );
}

/** The record of an apply. Lists are one value in it, as they are where the API knows no keys of them. */
function recordOf({ apiVersion, kind, metadata: { name, namespace, ...metadata }, ...fields }) {
  const fieldsV1 = ownedBy({ ...fields, metadata });
  return { manager: 'cdk8s-services', operation: 'Apply', apiVersion, fieldsV1 };
}

function ownedBy(value) {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMap ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [`f:${name}`, ownedBy(inner)])) : {};
}

function create() {
  return single(
    given.map((object) => {
      if (find(object)) {
        fail(`Error from server (AlreadyExists): ${object.kind} "${object.metadata.name}" already exists`);
      }
      return put({ ...object, metadata: { uid: `${cluster.items.length}`, ...object.metadata } });
    }),
  );
}

function replace() {
  return single(
    given.map((object) => {
      const before = find(object);
      if (!before || before.metadata.resourceVersion !== object.metadata.resourceVersion) {
        fail(`Error from server (${before ? 'Conflict' : 'NotFound'}): ${object.metadata.name}`);
      }
      return put({ ...object, metadata: { ...before.metadata, ...object.metadata } }, before);
    }),
  );
}

function remove() {
  const path = typeof options.raw === 'string' ? options.raw.split('/') : undefined;
  const asked = path
    ? cluster.items.filter(({ kind, metadata }) => kind === 'Lease' && metadata.name === path.at(-1))
    : options.f
      ? given
      : (get().items ?? [get()].filter((object) => object !== ''));
  if (options.f && !path) {
    note('deleted', asked);
  }
  const keys = asked.map(keyOf);
  cluster.items = cluster.items.filter((object) => !keys.includes(keyOf(object)));
  save();
  return '';
}

function label() {
  return change('labels');
}

function annotate() {
  return change('annotations');
}

function change(field) {
  const pairs = rest.filter((word) => word.includes('=')).map((word) => word.split('='));
  const [kind, ...names] = rest.filter((word) => !word.includes('='));
  const wanted = options.f ? given : cluster.items.filter((o) => isOf(o, kind) && names.includes(o.metadata.name));
  for (const object of wanted.flatMap((object) => find(object) ?? [])) {
    object.metadata[field] = { ...object.metadata[field], ...Object.fromEntries(pairs) };
  }
  save();
  return '';
}

function parse(args) {
  const words = [];
  const options = {};
  for (let index = 0; index < args.length; index++) {
    const [, name, value] = /^--?([\w-]+)(?:=(.*))?$/s.exec(args[index]) ?? [];
    if (name === undefined) {
      words.push(args[index]);
    } else if (value !== undefined) {
      options[name] = value;
    } else if (['context', 'n', 'o', 'l', 'f', 'raw', 'field-selector'].includes(name)) {
      index++;
      options[name] = args[index];
    } else {
      options[name] = true;
    }
  }
  return { words, options };
}

function input() {
  if (options.f !== '-') {
    const files = readdirSync(options.f).sort();
    return files.flatMap((file) => readFileSync(join(options.f, file), 'utf8').split('\n---\n').map(JSON.parse));
  }
  const parsed = JSON.parse(readFileSync(0, 'utf8'));
  return parsed.items ?? [parsed];
}

function list(items) {
  return { apiVersion: 'v1', kind: 'List', items };
}

function single(objects) {
  return objects.length === 1 ? objects[0] : list(objects);
}

function put(object, before) {
  if (JSON.stringify(before) !== JSON.stringify(object)) {
    cluster.version = (cluster.version ?? 0) + 1;
    object.metadata.resourceVersion = `${cluster.version}`;
  }
  cluster.items = [...cluster.items.filter((other) => keyOf(other) !== keyOf(object)), object];
  save();
  return object;
}

function save() {
  writeFileSync(PATH, JSON.stringify(cluster));
}

function note(name, objects) {
  const path = join(CALLS, name);
  const { items } = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { items: [] };
  writeFileSync(path, JSON.stringify({ items: [...items, ...objects] }));
}

function find(object) {
  return cluster.items.find((other) => keyOf(other) === keyOf(object));
}

function keyOf({ kind, metadata, ...object }) {
  return `${groupOf(object)} ${kind} ${metadata.namespace} ${metadata.name}`;
}

function groupOf({ apiVersion }) {
  return apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
}

/** `Deployment.apps`, `deployments.apps` and `deployment` are the same; without a group it is Kubernetes' own. */
function isOf({ kind, ...object }, text) {
  const [name, ...group] = text.toLowerCase().split('.');
  const isOwn = !groupOf(object).includes('.') || groupOf(object).endsWith('.k8s.io');
  if (group.length > 0 ? group.join('.') !== groupOf(object) : !isOwn) {
    return false;
  }
  const singular = kind.toLowerCase();
  return [singular, `${singular}s`, `${singular}es`, singular.replace(/y$/, 'ies')].includes(name);
}

function matches({ metadata: { labels = {} } }, term) {
  const [, , among, values] = /^((\S+) in \((.*)\))$/.exec(term) ?? [];
  if (among) {
    return values.split(',').includes(labels[among]);
  }
  const [name, value] = term.split('=');
  return (
    name === '' ||
    (name.startsWith('!') ? !(name.slice(1) in labels) : name in labels && (value ?? labels[name]) === labels[name])
  );
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
