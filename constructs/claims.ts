import { ApiObject, Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { problem } from './problems';

/** What only one construct of an app can hold (a host name, a port of a node, the name of an object), and who holds it. */
const claimsOfApp = new WeakMap<IConstruct, Map<string, IConstruct>>();

/** Claims `thing` for `scope`; a second claim is reported at synth, naming both constructs. */
export function claim(scope: IConstruct, thing: string, remedy: string): void {
  const claims = claimsOf(scope.node.root);
  const holder = claims.get(thing);
  if (holder) {
    problem(scope, `${thing} is taken by ${holder.node.path} already; ${remedy}`);
  } else {
    claims.set(thing, scope);
  }
}

function claimsOf(root: IConstruct): Map<string, IConstruct> {
  let claims = claimsOfApp.get(root);
  if (!claims) {
    claims = new Map();
    claimsOfApp.set(root, claims);
    root.node.addValidation({ validate: () => duplicateObjects(root) });
  }
  return claims;
}

/** Two objects of one kind, namespace and name: kubectl would apply the second over the first without a word. */
function duplicateObjects(root: IConstruct): string[] {
  const seen = new Map<string, ApiObject>();
  const errors: string[] = [];
  for (const construct of root.node.findAll()) {
    if (!ApiObject.isApiObject(construct)) {
      continue;
    }
    const key = `${construct.kind} '${construct.metadata.namespace ?? Chart.of(construct).namespace ?? ''}/${construct.name}'`;
    const first = seen.get(key);
    if (first) {
      errors.push(`${key} is made by ${first.node.path} and by ${construct.node.path}; rename one of them`);
    }
    seen.set(key, first ?? construct);
  }
  return errors;
}
