import { isIPv4 } from 'node:net';
import { type Check, failed } from '../check';
import { NotChecked } from '../not-checked';

/** What goes to the node must not go to a proxy, which has no way to it. */
export const proxy: Check = {
  name: 'proxy',
  async run(facts) {
    const { env } = facts;
    const set = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'].find(
      (name) => (env[name] ?? '') !== '',
    );
    if (set === undefined) {
      return { text: 'none is set' };
    }
    const { server } = await facts.access();
    if (server === '') {
      throw new NotChecked('the kubeconfig names no server');
    }
    const { hostname, port } = new URL(server);
    const node = await facts.node().catch(() => undefined);
    const through = [...new Set([hostname, node ?? hostname])].filter(
      (host) => !isExcepted(host, port, env.NO_PROXY ?? env.no_proxy ?? ''),
    );
    const mend = `export NO_PROXY="\${NO_PROXY:+$NO_PROXY,}${through.join(',')}"; minikube wants it when it is started, too`;
    return {
      text: `${set} is set, and NO_PROXY excepts ${hostname}`,
      findings: through.map((host) =>
        failed(`${set} is set, and NO_PROXY does not except ${host}`, `requests to ${host} go to the proxy`, mend),
      ),
    };
  },
};

/** As Go's programs understand it, which kubectl and minikube are: hosts, domains, addresses, blocks, or `*`. */
export function isExcepted(host: string, port: string, list: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  if (bare === 'localhost' || bare === '::1' || /^127\./.test(bare)) {
    return true;
  }
  return list
    .split(',')
    .map((word) => word.trim().toLowerCase())
    .filter((word) => word !== '')
    .some((word) => {
      const name = word.endsWith(`:${port}`) ? word.slice(0, -port.length - 1) : word;
      if (name === '*' || name === bare) {
        return true;
      }
      return isIPv4(bare) ? isInBlock(bare, name) : bare.endsWith(name.startsWith('.') ? name : `.${name}`);
    });
}

function isInBlock(address: string, block: string): boolean {
  const [base = '', bits] = block.split('/');
  if (!isIPv4(base) || bits === undefined || !isIPv4(address)) {
    return false;
  }
  const shift = 2 ** (32 - Number(bits));
  return Math.floor(numberOf(address) / shift) === Math.floor(numberOf(base) / shift);
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
