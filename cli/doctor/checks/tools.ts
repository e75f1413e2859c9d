import { engines } from '../../../package.json';
import { type Check, type Finding, failed, warning } from '../check';
import { NotChecked } from '../not-checked';

/** The oldest Node.js that package.json allows: `>= 20.12.0`. */
const OLDEST = engines.node.replace(/^\D+/, '');

const PAGES = {
  docker: 'https://docs.docker.com/get-docker/',
  minikube: 'https://minikube.sigs.k8s.io/docs/start/',
  kubectl: 'https://kubernetes.io/docs/tasks/tools/',
};

export const tools: Check = {
  name: 'tools',
  async run(facts) {
    const needed = (await facts.ready().catch(() => undefined))?.ok ? (['kubectl'] as const) : [];
    const findings = (Object.keys(PAGES) as (keyof typeof PAGES)[])
      .filter((tool) => !facts.tool(tool))
      .map((tool): Finding => {
        // another cluster than minikube's answers, so that only `up` misses it
        const severity = tool !== 'kubectl' && needed.length > 0 ? 'warning' : 'failed';
        return {
          severity,
          what: `${tool} is not on PATH`,
          why: `'up' calls ${tool}`,
          mend: `install it from ${PAGES[tool]}`,
        };
      });
    if (isOlder(process.versions.node, OLDEST)) {
      findings.push(
        failed(
          `node is ${process.versions.node}`,
          `it needs ${OLDEST}`,
          'install a newer one from https://nodejs.org/',
        ),
      );
    }
    return { text: `node ${process.versions.node}, docker, minikube and kubectl are there`, findings };
  },
};

/** Whether a version comes before another one. */
export function isOlder(version: string, other: string): boolean {
  return version.localeCompare(other, 'en', { numeric: true }) < 0;
}

/** Kubernetes promises nothing for a kubectl that is more than one minor version away from the API server. */
export const kubectlVersion: Check = {
  name: 'kubectl version',
  async run(facts) {
    await facts.needCluster();
    const { stdout } = await facts.kubectl('version', '-o', 'json');
    const { clientVersion, serverVersion } = versions(stdout);
    const [client, server] = [clientVersion, serverVersion].map((version) => Number.parseInt(version?.minor ?? '', 10));
    if (!client || !server) {
      throw new NotChecked('kubectl does not say versions');
    }
    const text = `kubectl ${clientVersion?.gitVersion}, cluster ${serverVersion?.gitVersion}`;
    const away = Math.abs(client - server);
    const findings =
      away > 1
        ? [
            warning(
              `kubectl is ${away} minor versions away from the cluster`,
              `${text}; one is what Kubernetes promises to work`,
              `install kubectl 1.${server}: ${PAGES.kubectl}`,
            ),
          ]
        : [];
    return { text, findings };
  },
};

interface Version {
  readonly minor?: string;
  readonly gitVersion?: string;
}

function versions(text: string): { readonly clientVersion?: Version; readonly serverVersion?: Version } {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
