import { ApiObject, Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { isKind, type Kind } from '../manifest/kinds';

/** The objects of some kinds that an app, with all its charts, puts into a namespace. */
export function contentsOf(root: IConstruct, namespace: string | undefined, kinds: readonly Kind[]): ApiObject[] {
  return root.node
    .findAll()
    .filter((construct) => ApiObject.isApiObject(construct))
    .filter((object) => isKind(object, ...kinds))
    .filter((object) => (object.metadata.namespace ?? Chart.of(object).namespace) === namespace);
}
