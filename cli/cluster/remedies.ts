import { isKind, shownKind } from '../../constructs/manifest/kinds';
import { commandOf, type Session } from '../machine/session';
import type { KubernetesObject } from './object';

interface Known {
  readonly says: RegExp;
  /** What to do, given the object, the command that names its namespace, and what was found. */
  readonly remedy: (refused: Refused) => string;
}

interface Refused {
  readonly object: KubernetesObject;
  readonly session: Session;
  /** kubectl with its context and namespace. */
  readonly kubectl: string;
  readonly found: readonly string[];
}

/** What is said of a message that is not known. */
export const UNKNOWN = 'fix what makes the object';

/** What the API says against objects, and what to do about it. The first that fits counts. */
const KNOWN: readonly Known[] = [
  {
    says: /illegal base64 data/,
    remedy: () => "a Secret's 'data' is Base64; write texts as they are into 'stringData'",
  },
  {
    says: /`selector` does not match template `labels`/,
    remedy: () => 'give the pod template the labels of the selector',
  },
  {
    says: /nodePort: Invalid value: (\d+): provided port is already allocated/,
    remedy: ({ found: [, port], session: { profile } }) =>
      `choose another nodePort than ${port}; who has it: kubectl --context ${profile} get services -A | grep ${port}`,
  },
  {
    says: /nodePort: Invalid value: .*valid range of ports is ([\d-]+)/,
    remedy: ({ found: [, range] }) => `choose a nodePort in ${range}`,
  },
  {
    says: /exceeded quota: ([\w.-]+)|forbidden: failed quota: ([\w.-]+)/,
    remedy: ({ found: [, exceeded, failed], kubectl }) =>
      `ask for less, or raise the quota: ${kubectl} describe resourcequota ${exceeded ?? failed}`,
  },
  {
    says: /(?:maximum|minimum) (?:cpu|memory|ephemeral-storage|storage) usage per/,
    remedy: ({ kubectl }) => `stay within the limits of the namespace: ${kubectl} describe limitrange`,
  },
  {
    says: /updates to statefulset spec/,
    remedy: ({ kubectl, object }) =>
      `make it anew, pods and data stay, volumes as they are: ` +
      `${kubectl} delete statefulset ${object.metadata.name} --cascade=orphan`,
  },
  {
    says: /field can not be less than/,
    remedy: ({ session }) =>
      `a volume never shrinks: leave its size, or restore a backup into a new claim (${commandOf(session, 'restore')})`,
  },
  {
    says: /only dynamically provisioned pvc can be resized/,
    remedy: ({ session: { profile } }) =>
      'its storage class does not let volumes grow: set allowVolumeExpansion of it ' +
      `(kubectl --context ${profile} get storageclass), or leave the size`,
  },
  {
    says: /spec is immutable after creation except resources\.requests|spec: Forbidden: .*immutable.*(?:claim|volume)/,
    remedy: ({ session }) =>
      `a claim only grows: leave it as it is, or restore a backup into a new one (${commandOf(session, 'restore')})`,
  },
  {
    says: /field is immutable when `immutable` is set/,
    remedy: (refused) => `give it another name, or make it anew: ${deletion(refused)}`,
  },
  {
    says: /cannot change roleRef/,
    remedy: (refused) => `make it anew: ${deletion(refused)}`,
  },
  {
    says: /field is immutable|may not change once set|is immutable after creation|primary clusterIP can not be unset|may not be changed in an update|updates to \w+ are forbidden|pod updates may not change fields/,
    remedy: (refused) =>
      isKind(refused.object, 'Deployment', 'DaemonSet', 'ReplicaSet')
        ? `make it anew, its pods pause: ${deletion(refused)}`
        : `make it anew: ${deletion(refused)}`,
  },
  {
    says: /cannot use generate name with apply|resource name may not be empty/,
    remedy: () => "give it a 'metadata.name'",
  },
  {
    says: /: expected (\w+), got/,
    remedy: ({ found: [, type] }) => (type === 'string' ? 'it wants a text: put it into quotes' : `it wants a ${type}`),
  },
  {
    says: /no matches for kind "([^"]+)"(?: in version "([^"]+)")?/,
    remedy: ({ found: [, kind = '', apiVersion = 'v1'] }) =>
      `install what defines ${shownKind({ apiVersion, kind })}, or add its definition to the app`,
  },
  {
    says: /field not declared in schema|unknown field/,
    remedy: () => 'the API knows no such field: see how it is written, or to which version of the API it belongs',
  },
  {
    says: /failed calling webhook "([^"]+)"/,
    remedy: ({ found: [, name], session: { profile } }) =>
      `the webhook ${name} does not answer: kubectl --context ${profile} get ` +
      'validatingwebhookconfigurations,mutatingwebhookconfigurations, then see to its pods',
  },
  {
    says: /admission webhook "([^"]+)" denied|ValidatingAdmissionPolicy '([^']+)'/,
    remedy: ({ found: [, webhook, policy] }) =>
      `the rules of this cluster do not allow it: do as ${webhook ?? policy} says`,
  },
  {
    says: /violates PodSecurity "([^"]+)"/,
    remedy: ({ found: [, level] }) => `give the pod the security context that "${level}" wants`,
  },
  {
    says: /namespaces "([^"]+)" not found/,
    remedy: ({ found: [, name], session: { profile } }) =>
      `add the namespace to the app, or: kubectl --context ${profile} create namespace ${name}`,
  },
  {
    says: /is being terminated/,
    remedy: ({ object, session: { profile } }) =>
      `wait until the namespace is gone: kubectl --context ${profile} get namespace ${object.metadata.namespace}`,
  },
  {
    says: /attempting to grant RBAC permissions not currently held/,
    remedy: () => 'have somebody apply it who has these rights',
  },
  {
    says: /cannot (?:patch|create|update|get) resource "([^"]+)"/,
    remedy: ({ found: [, resource], kubectl }) => `ask for the right: ${kubectl} auth can-i patch ${resource}`,
  },
  {
    says: /Too long: may not be more than (\d+) bytes|etcdserver: request is too large|Request entity too large/,
    remedy: () => 'an object has room for 1 MiB: divide it',
  },
];

/** What to do about an object that the API refuses, in one line. */
export function remedyOf(session: Session, object: KubernetesObject | undefined, message: string): string {
  for (const { says, remedy } of KNOWN) {
    const found = says.exec(message);
    if (found) {
      const { namespace } = object?.metadata ?? {};
      const kubectl = `kubectl --context ${session.profile}${namespace === undefined ? '' : ` -n ${namespace}`}`;
      return remedy({ object: object ?? namedBy(message), session, found, kubectl });
    }
  }
  return UNKNOWN;
}

/** What a message calls the object that it is about. */
function namedBy(message: string): KubernetesObject {
  const [, kind = 'TYPE', name = 'NAME'] = /(\w+)[\w.]* "([^"]+)" is /.exec(message) ?? [];
  return { apiVersion: '', kind, metadata: { name } };
}

function deletion({ kubectl, object }: Refused): string {
  return `${kubectl} delete ${shownKind(object).toLowerCase()} ${object.metadata.name}`;
}
