import { Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { isText, problem } from './problems';
import { watchNames } from './uniqueness';

/** A pod of a StatefulSet carries '<name>-<hash of 10>' in a label, and a label value holds 63 characters. */
const MAX_LENGTH = 52;
const DNS_LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const LABEL_VALUE = /^[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/;

const checkedCharts = new WeakSet<Chart>();

export interface Labels {
  readonly [label: string]: string;
}

/** One running copy of a service: what its objects are called and how its pods are found. */
export interface Instance {
  /** Its objects' name: the ids below its chart, joined. No hash: people type it. */
  readonly name: string;
  /** Undefined where the namespace is kubectl's current one. */
  readonly namespace?: string;
  /** The recommended labels, for every object of the instance. */
  readonly labels: Labels;
  /** The labels that select its pods: never a version, never a construct path. */
  readonly selector: Labels;
}

export function instanceOf(scope: IConstruct, app: string, component: string): Instance {
  const chart = Chart.of(scope);
  const ids = scope.node.scopes.slice(chart.node.scopes.length).map((construct) => construct.node.id);
  const name = ids.join('-');
  checkName(scope, 'id', name);
  checkChart(chart);
  watchNames(scope.node.root);
  const selector = { 'app.kubernetes.io/name': app, 'app.kubernetes.io/instance': name };
  const labels = {
    ...selector,
    'app.kubernetes.io/component': component,
    'app.kubernetes.io/part-of': chart.node.id,
    'app.kubernetes.io/managed-by': 'cdk8s',
  };
  return { name, namespace: chart.namespace, labels, selector };
}

/** Reports, once, a chart whose name or namespace its services' objects cannot have. */
function checkChart(chart: Chart): void {
  if (checkedCharts.has(chart)) {
    return;
  }
  checkedCharts.add(chart);
  const { namespace } = chart;
  const { id } = chart.node;
  if (!LABEL_VALUE.test(id)) {
    const allowed = "up to 63 letters, digits, '-', '_' and '.', a letter or digit first and last";
    problem(chart, `'id' is '${id}', which is a label of each service in the chart; use ${allowed}`);
  }
  if (namespace !== undefined && !NAMESPACE.test(namespace)) {
    const allowed = "up to 63 of a-z, 0-9 and '-', a letter or digit first and last";
    problem(chart, `'namespace' is '${namespace}', which no namespace is called; use ${allowed}`);
  }
}

/** Reports a name that Kubernetes would refuse for a Service or a pod. */
export function checkName(scope: IConstruct, prop: string, name: string): void {
  if (!DNS_LABEL.test(name)) {
    problem(
      scope,
      `'${prop}' is '${name}', but a name starts with a letter and holds only a-z, 0-9 and '-'; rename it`,
    );
  } else if (name.length > MAX_LENGTH) {
    problem(
      scope,
      `'${prop}' is '${name}', ${name.length} characters long, but at most ${MAX_LENGTH} fit; use shorter ids`,
    );
  }
}

/** Refuses a name that no object of the cluster can have. */
export function checkReference(where: string, prop: string, name: string): void {
  if (!isText(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, name)) {
    throw new Error(`${where}: '${prop}' is '${name}', which is no object's name; use a-z, 0-9, '-' and '.'`);
  }
}
