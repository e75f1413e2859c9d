import { type ApiObject, Chart, JsonPatch } from 'cdk8s';
import { Patch } from '../patch';

/** For objects of the whole cluster: the chart puts its namespace on whatever has none. */
export function outsideNamespaces(...objects: ApiObject[]): void {
  for (const object of objects) {
    if (Chart.of(object).namespace !== undefined) {
      Patch.apply(object, JsonPatch.remove('/metadata/namespace'));
    }
  }
}
