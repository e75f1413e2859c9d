import { ApiObject, JsonPatch } from 'cdk8s';
import type { IConstruct } from 'constructs';

/**
 * Changes an object just before it is written, whatever made it.
 *
 * `ApiObject.addJsonPatch` works on the input of cdk8s-plus' typed objects, which then drop every field that they
 * do not know, without a word. A `Patch` works on their output: any field of any Kubernetes version survives, in
 * Kubernetes' own spelling.
 */
export class Patch {
  /**
   * Applies JSON patches (RFC 6902) to the object, or to the default child of the construct.
   *
   * @param target An `ApiObject`, or a construct whose default child is one.
   * @param operations Paths in Kubernetes' own spelling, such as `/spec/template/spec/hostPID`.
   * @throws At synth, when a path does not exist; the message names the construct and the operations.
   */
  public static apply(target: IConstruct, ...operations: JsonPatch[]): void {
    const object = ApiObject.of(target);
    const toJson = object.toJson.bind(object);
    object.toJson = () => {
      try {
        return JsonPatch.apply(toJson(), ...operations);
      } catch (error) {
        const reason = (error as Error).message.split('\n')[0];
        const paths = operations.map((operation) => JSON.stringify(operation._toJson())).join(', ');
        throw new Error(`${object.node.path}: cannot apply patch ${paths}: ${reason}`);
      }
    };
  }

  private constructor() {}
}
