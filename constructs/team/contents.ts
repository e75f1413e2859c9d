import { ApiObject, Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';

/** The objects of some kinds that an app, with all its charts, puts into a namespace. */
export function contentsOf(root: IConstruct, namespace: string, kinds: readonly string[]): ApiObject[] {
  return root.node
    .findAll()
    .filter((construct) => ApiObject.isApiObject(construct))
    .filter(({ kind }) => kinds.includes(kind))
    .filter((object) => (object.metadata.namespace ?? Chart.of(object).namespace) === namespace);
}
