import { ApiObject, Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { groupOf, isOfCluster, shownKind } from '../manifest/kinds';
import { problem } from './problems';

/** What only one construct of an app can hold (a host name, a port of a node, the name of an object), and who holds it. */
const holdersOfApp = new WeakMap<IConstruct, Map<string, IConstruct>>();

/** Reserves things for `scope`; those that another holds are reported at synth, once for each holder. */
export function reserve(scope: IConstruct, things: string[], remedy: string): void {
  const holders = watchNames(scope.node.root);
  const taken = new Map<IConstruct, string[]>();
  for (const thing of things) {
    const holder = holders.get(thing);
    if (holder) {
      taken.set(holder, [...(taken.get(holder) ?? []), thing]);
    } else {
      holders.set(thing, scope);
    }
  }
  for (const [holder, [first, ...more]] of taken) {
    const what = more.length > 0 ? `${first} (and ${more.length} more) are` : `${first} is`;
    const whose = holder === scope ? 'given to two of its own ports' : `taken by ${holder.node.path} already`;
    problem(scope, `${what} ${whose}; ${remedy}`);
  }
}

/** Who holds what in an app. From now on two objects of one name in it are reported at synth. */
export function watchNames(root: IConstruct): Map<string, IConstruct> {
  let holders = holdersOfApp.get(root);
  if (!holders) {
    holders = new Map();
    holdersOfApp.set(root, holders);
    root.node.addValidation({ validate: () => duplicateObjects(root) });
  }
  return holders;
}

/** Two objects of one kind, namespace and name: kubectl would apply the second over the first without a word. */
function duplicateObjects(root: IConstruct): string[] {
  const seen = new Map<string, ApiObject>();
  const errors: string[] = [];
  for (const construct of root.node.findAll()) {
    if (!ApiObject.isApiObject(construct)) {
      continue;
    }
    const namespace = construct.metadata.namespace ?? Chart.of(construct).namespace;
    const inNamespace = namespace && !isOfCluster(construct);
    const name = `'${inNamespace ? `${namespace}/` : ''}${construct.name}'`;
    const key = `${construct.kind}.${groupOf(construct)} ${name}`;
    const first = seen.get(key);
    if (first) {
      errors.push(
        `${shownKind(construct)} ${name} is made by ${first.node.path} and by ${construct.node.path}; rename one of them`,
      );
    }
    seen.set(key, first ?? construct);
  }
  return errors;
}
