import { request } from 'node:https';
import { lastLine } from '../../terminal/lines';
import { lasting } from '../../terminal/words';
import { type Check, type Finding, failed, warning } from '../check';
import type { Facts } from '../facts';
import { NotChecked } from '../not-checked';

const DAY = 24 * 3600 * 1000;
const SOON = 30 * DAY;
const SKEW = 30_000;
const TOO_SKEWED = 300_000;

export const kubeconfig: Check = {
  name: 'kubeconfig',
  async run(facts) {
    const { profile } = facts.session;
    const { ok, stdout, lines } = await facts.run('kubectl', ['config', 'get-contexts', '-o', 'name']);
    const where = facts.env.KUBECONFIG ? `KUBECONFIG is ${facts.env.KUBECONFIG}` : 'KUBECONFIG is not set';
    if (!ok) {
      const mend = `mend it, or move it away, then run: minikube -p ${profile} update-context`;
      return { text: '', findings: [failed('the kubeconfig cannot be read', `${where}; ${lastLine(lines)}`, mend)] };
    }
    if (!stdout.split('\n').includes(profile)) {
      const others = stdout.split('\n').filter((name) => name !== '');
      const why = `${where}; it has ${others.length > 0 ? others.join(', ') : 'none'}`;
      return {
        text: '',
        findings: [failed(`the kubeconfig has no context '${profile}'`, why, `minikube -p ${profile} update-context`)],
      };
    }
    const { server } = await facts.access();
    const { misconfigured } = await facts.minikube().catch(() => ({ misconfigured: false }));
    const findings = misconfigured
      ? [
          failed(
            `context '${profile}' points to ${server}, where minikube is not any more`,
            'its address or port changes when it is started anew',
            `minikube -p ${profile} update-context`,
          ),
        ]
      : [];
    return { text: `context '${profile}' leads to ${server}`, findings };
  },
};

export const api: Check = {
  name: 'api',
  async run(facts) {
    const { ok, lines } = await facts.ready();
    if (ok) {
      return { text: 'the API server is ready' };
    }
    const said = lastLine(lines);
    const { state } = await facts.minikube().catch(() => ({ state: 'missing' }));
    return { text: '', findings: [failed("the cluster's API does not answer", said, remedy(said, state, facts))] };
  },
};

function remedy(said: string, state: string, { session: { profile } }: Facts): string {
  if (/error loading config file/i.test(said)) {
    return "mend the kubeconfig, as 'kubeconfig' says";
  }
  if (/context .* does not exist|no context exists/i.test(said)) {
    return `minikube -p ${profile} update-context`;
  }
  if (/expired or is not yet valid|unknown authority|not valid for|x509/i.test(said)) {
    return `minikube -p ${profile} update-context; and if its certificates have expired: minikube -p ${profile} start`;
  }
  if (/unauthorized|must be logged in|forbidden/i.test(said)) {
    return state === 'missing' ? 'log in to the cluster anew' : `minikube -p ${profile} update-context`;
  }
  return state === 'missing'
    ? 'see that the cluster runs, and that the network (a VPN, a firewall) leads to it'
    : `minikube -p ${profile} start`;
}

/** Those by which the user and the API server know each other. */
export const accessCertificates: Check = {
  name: 'api certificates',
  async run(facts) {
    const { server, certificate } = await facts.access();
    const own = certificate && Date.parse(certificate.validTo);
    const serving = await greeting(server).then(
      ({ expires }) => expires,
      () => undefined,
    );
    if (own === undefined && serving === undefined) {
      throw new NotChecked('the context uses no certificate, and the API server shows none');
    }
    const { profile } = facts.session;
    const mend = `minikube -p ${profile} start, which makes them anew; elsewhere: renew it where the cluster is managed`;
    const findings = [
      ...expiry("the kubeconfig's certificate", own, mend),
      ...expiry("the API server's certificate", serving, mend),
    ];
    const first = Math.min(...[own, serving].filter((one) => one !== undefined));
    return { text: `certificates last for ${lasting(first - Date.now())}`, findings };
  },
};

/** What is wrong with something that ends. */
export function expiry(what: string, end: number | undefined, mend: string): Finding[] {
  if (end === undefined || end - Date.now() > SOON) {
    return [];
  }
  const date = new Date(end).toISOString().slice(0, 10);
  return end < Date.now()
    ? [failed(`${what} has expired`, `it was valid until ${date}`, mend)]
    : [warning(`${what} expires in ${lasting(end - Date.now())}`, `it is valid until ${date}`, mend)];
}

/** Certificates seem expired, or not valid yet, to a clock that is wrong; so do tokens. */
export const clock: Check = {
  name: 'clock',
  async run(facts) {
    const { server } = await facts.access();
    const before = Date.now();
    const { date } = await greeting(server).catch((error) => {
      throw new NotChecked(`${server} does not answer: ${(error as Error).message}`);
    });
    if (date === undefined) {
      throw new NotChecked('the API server does not say its time');
    }
    // the header has whole seconds
    const skew = Math.max(0, Math.abs(date + 500 - (before + Date.now()) / 2) - 1000);
    const { profile } = facts.session;
    const isMinikube = (await facts.minikube().catch(() => undefined))?.state === 'running';
    const mend = isMinikube
      ? `minikube -p ${profile} ssh -- sudo date -u -s @$(date +%s); on WSL: sudo hwclock -s`
      : "set this machine's clock, such as: sudo timedatectl set-ntp true";
    const why = 'certificates and tokens seem expired or not valid yet, and logs and graphs are displaced';
    const finding = (skew > TOO_SKEWED ? failed : warning)(
      `the cluster's clock is ${lasting(skew)} away from this one`,
      why,
      mend,
    );
    return { text: 'that of the cluster is the same as here', findings: skew > SKEW ? [finding] : [] };
  },
};

/** What an API server tells whoever asks: its time, and its certificate. */
function greeting(server: string): Promise<{ readonly date?: number; readonly expires?: number }> {
  return new Promise((resolve, reject) => {
    const asked = request(`${server}/livez`, {
      rejectUnauthorized: false,
      agent: false,
      signal: AbortSignal.timeout(5000),
    });
    asked.on('response', (response) => {
      const socket = response.socket as import('node:tls').TLSSocket;
      const { date } = response.headers;
      const validTo = socket.getPeerCertificate?.().valid_to;
      response.destroy();
      resolve({ date: date ? Date.parse(date) : undefined, expires: validTo ? Date.parse(validTo) : undefined });
    });
    asked.on('error', reject);
    asked.end();
  });
}
