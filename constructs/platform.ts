import type { IConstruct } from 'constructs';

const CONTEXT_KEY = 'cdk8s-services:platform';

/** The security context constraints of OpenShift that give a pod the users of its namespace. */
export const ASSIGNING_CONSTRAINTS = 'restricted-v2';
export const CONSTRAINTS_ANNOTATION = 'openshift.io/required-scc';

/**
 * Which kind of Kubernetes an app is for: who chooses the users of its pods.
 *
 * Set it once for an app, before anything else is added to it: `Platform.openShift().useIn(app)`.
 */
export class Platform {
  /** Kubernetes as it comes. Pods run as user 10001, which is nobody on the node. */
  public static kubernetes(): Platform {
    return new Platform(false);
  }

  /**
   * OpenShift and OKD from 4.11 on, and any other cluster that chooses the user of a pod itself, with group 0. Pods leave
   * out user, group and the group of their volumes, and ask OpenShift for the constraints `restricted-v2`; the rest of
   * Pod Security "restricted" stays.
   */
  public static openShift(): Platform {
    return new Platform(true);
  }

  /**
   * The platform of a construct.
   * @internal
   */
  public static _of(scope: IConstruct): Platform {
    return scope.node.tryGetContext(CONTEXT_KEY) ?? Platform.kubernetes();
  }

  private constructor(
    /** @internal */
    public readonly _assignsUsers: boolean,
  ) {}

  /**
   * Makes this the platform of everything below `scope`.
   *
   * @param scope An app, chart or construct that has no children yet.
   * @throws If the scope has children, which may have asked for it already.
   */
  public useIn(scope: IConstruct): void {
    if (scope.node.children.length > 0) {
      throw new Error(`${scope.node.path || 'app'}: the platform is set before anything is added; move useIn() up`);
    }
    scope.node.setContext(CONTEXT_KEY, this);
  }
}
