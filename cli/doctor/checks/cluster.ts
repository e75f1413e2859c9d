import { groupOf } from '../../../constructs/manifest/kinds';
import { isBuiltIn, ofKind } from '../../app/objects';
import { called } from '../../cluster/object';
import { counted } from '../../terminal/words';
import { type Check, failed, some } from '../check';
import type { Facts } from '../facts';
import { NotChecked } from '../not-checked';

/** A HorizontalPodAutoscaler without metrics never scales. */
export const metrics: Check = {
  name: 'metrics',
  async run(facts) {
    const { objects } = await facts.program();
    const scalers = ofKind(objects, 'HorizontalPodAutoscaler');
    const apis = await facts.list('apiservices');
    const found = apis.find(({ metadata }) => /^v\w+\.metrics\.k8s\.io$/.test(metadata.name));
    if (found) {
      return { text: `${found.spec?.service?.name ?? 'something'} serves them` };
    }
    const why = `${some(scalers.map(called))} would never scale`;
    const mend = `minikube -p ${facts.session.profile} addons enable metrics-server`;
    return {
      text: 'not there, and nothing scales by them',
      findings: scalers.length > 0 ? [failed('there is no metrics-server', why, mend)] : [],
    };
  },
};

const ENFORCERS =
  /calico|cilium|antrea|weave-net|kube-router|canal|kindnet|network-policy|netpol|aws-node|azure-npm|anetd|ovn/;

/** Whether network policies hold cannot be asked; who would enforce them can. */
export const networkPolicies: Check = {
  name: 'network policies',
  async run(facts) {
    const { objects } = await facts.program();
    const policies = ofKind(objects, 'NetworkPolicy');
    if (policies.length === 0) {
      return { text: 'the program has none' };
    }
    const agents = (await facts.list('daemonsets'))
      .map(({ metadata }) => metadata.name)
      .filter((name) => ENFORCERS.test(name));
    if (agents.length > 0) {
      return { text: `${policies.length}, which ${some([...new Set(agents)])} enforces` };
    }
    throw new NotChecked(
      `nobody can say whether the ${policies.length} of the program hold: no agent that is known to enforce them runs; ` +
        "'minikube start --cni=calico' makes a node with one",
    );
  },
};

const SOURCES: { readonly [group: string]: string } = {
  'cert-manager.io':
    'helm install cert-manager oci://quay.io/jetstack/charts/cert-manager -n cert-manager --create-namespace --set crds.enabled=true',
  'gateway.networking.k8s.io':
    'kubectl apply --server-side -f https://github.com/kubernetes-sigs/gateway-api/releases/download/v1.4.1/standard-install.yaml',
  'external-secrets.io':
    'helm install external-secrets external-secrets --repo https://charts.external-secrets.io -n external-secrets --create-namespace',
  'bitnami.com':
    'helm install sealed-secrets sealed-secrets --repo https://bitnami-labs.github.io/sealed-secrets -n kube-system',
};

/** Kinds that the program has and the cluster does not know, be it for a missing add-on or for its age. */
export const kinds: Check = {
  name: 'kinds',
  async run(facts) {
    const { objects } = await facts.program();
    const wanted = [...new Map(objects.map((object) => [`${object.apiVersion}/${object.kind}`, object])).values()];
    const own = ofKind(objects, 'CustomResourceDefinition').map(({ spec }) => `${spec?.group}/${spec?.names?.kind}`);
    await facts.needCluster();
    const { lines } = await facts.kubectl('api-resources', '--no-headers');
    const served = new Set(lines.map(servedKind));
    const missing = wanted.filter(
      (object) =>
        !served.has(`${object.apiVersion}/${object.kind}`) && !own.includes(`${groupOf(object)}/${object.kind}`),
    );
    const findings = missing.map((object) => {
      const others = [...served].filter(
        (one) =>
          one.endsWith(`/${object.kind}`) &&
          groupOf({ apiVersion: one.slice(0, one.lastIndexOf('/')) }) === groupOf(object),
      );
      const has = others.length > 0 ? `it has ${others.join(', ')}` : 'it has no such kind in any version';
      return failed(
        `the cluster does not know ${object.kind} of ${object.apiVersion}`,
        `${has}; ${objects.filter((one) => one.apiVersion === object.apiVersion && one.kind === object.kind).length} objects of the program would be refused`,
        SOURCES[groupOf(object)]?.replace(/^(helm install|kubectl)/, `$1 ${contextFlag(groupOf(object), facts)}`) ??
          (isBuiltIn(object)
            ? 'use a version that the cluster has'
            : `install what defines ${object.kind} of ${groupOf(object)}`),
      );
    });
    return { text: `${counted(wanted.length, 'kind')} of the program, which the cluster knows`, findings };
  },
};

function contextFlag(group: string, { session: { profile } }: Facts): string {
  return SOURCES[group]?.startsWith('helm') ? `--kube-context ${profile}` : `--context ${profile}`;
}

/** `apps/v1/Deployment` of a line of `kubectl api-resources`, whose second column may be empty. */
function servedKind(line: string): string {
  const words = line.trim().split(/\s+/);
  return `${words.at(-3)}/${words.at(-1)}`;
}
