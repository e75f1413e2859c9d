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
   * A path that does not exist is reported at synth, naming the construct and the operation.
   */
  public static apply(target: IConstruct, ...operations: JsonPatch[]): void {
    const object = ApiObject.of(target);
    const toJson = object.toJson.bind(object);
    object.toJson = () => operations.reduce(patched, toJson() as unknown);
    object.node.addValidation({
      validate: () => {
        try {
          object.toJson();
          return [];
        } catch (error) {
          return [(error as Error).message];
        }
      },
    });
  }

  private constructor() {}
}

function patched(manifest: unknown, operation: JsonPatch): unknown {
  const { op, path, from } = operation._toJson();
  const makesItsPath = op === 'add' || op === 'copy' || op === 'move';
  for (const pointer of [makesItsPath && path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : path, from]) {
    if (pointer !== undefined && find(manifest, pointer) === undefined) {
      throw new Error(
        `a patch cannot ${op} '${path}': there is no '${pointer}'; see what is written without the patch`,
      );
    }
  }
  try {
    return JsonPatch.apply(manifest, operation);
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0];
    throw new Error(`a patch cannot ${op} '${path}': ${reason}; see what is written without the patch`);
  }
}

/** What a JSON pointer (RFC 6901) points to. */
function find(manifest: unknown, pointer: string): unknown {
  const [first, ...keys] = pointer.split('/').map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const child = (value: unknown, key: string) => (value as { [key: string]: unknown } | undefined)?.[key];
  return first === '' ? keys.reduce(child, manifest) : undefined;
}
