import { waitUntil } from '../runner/wait';
import { get, kubectl, OWN_LABELS } from './kubectl';
import { Probe } from './probe-pods';

const PORT = 8080;
const NAME = 'cdk8s-services-e2e-policies';

/** What the cluster's network plugin does not hold back, and why what is about that cannot be tested here. */
export interface PolicyFacts {
  /** Between pods. */
  readonly notEnforced?: string;
  /** From a pod to the node where it runs: Kubernetes leaves that to the plugin. */
  readonly nodeOpen?: string;
  /** The cluster's resolver is on the node, and no pod. */
  readonly resolverOnNode: boolean;
}

/** Finds out with two pods in a namespace of their own, of which one may connect to nothing. */
export async function policyFacts(node: string): Promise<PolicyFacts> {
  const resolverOnNode = (await get(['pods', '-l', 'k8s-app=kube-dns'], 'kube-system')).items.length === 0;
  const metadata = { name: NAME, namespace: NAME, labels: OWN_LABELS };
  await kubectl(['delete', 'namespace', NAME, '--ignore-not-found']);
  const items = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { ...metadata, namespace: undefined } },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec: { podSelector: { matchLabels: { closed: 'true' } }, policyTypes: ['Egress'] },
    },
  ];
  await kubectl(['create', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) });
  try {
    const [open, closed] = await Probe.start([
      { name: 'open', namespace: NAME, ports: [PORT] },
      { name: 'closed', namespace: NAME, labels: { closed: 'true' }, ports: [PORT] },
    ]);
    if (!open || !closed) {
      throw new Error('there are no probes');
    }
    const shut = async () => (await closed.tryOne({ address: open.address, port: PORT })) !== 'open';
    const enforced = await waitUntil('a policy to be enforced', shut, { seconds: 15 }).catch(() => false);
    if (!enforced) {
      const reason = "the cluster's network plugin enforces no network policies (minikube start --cni=calico does)";
      return { notEnforced: reason, nodeOpen: reason, resolverOnNode };
    }
    const kubelet = await closed.tryOne({ address: node, port: 10250 });
    const nodeOpen = kubelet === 'open' ? "the cluster's network plugin lets each pod reach its own node" : undefined;
    return { nodeOpen, resolverOnNode };
  } finally {
    await kubectl(['delete', 'namespace', NAME, '--wait=false']);
  }
}
