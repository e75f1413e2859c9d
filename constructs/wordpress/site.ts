import type { Construct } from 'constructs';
import { Credentials } from '../credentials';
import type { Database } from '../database';
import { checkName, type Instance } from '../private/names';
import { problem } from '../private/problems';
import { LASTING_PASSWORD, PASSWORD } from '../private/secret-source';
import { Where } from '../private/where';

/** What belongs to a site, and not to one version of it. */
export interface Site {
  /** What its Secrets and its claim are called, and labelled. */
  readonly instance: Instance;
  /** The key that signs login cookies. */
  readonly key: Credentials;
  /** The passwords of its users, each under its login. */
  readonly users: Credentials;
  /** Whether another version has made all this already. */
  readonly isMade: boolean;
}

export interface SiteProps {
  readonly name?: string;
  readonly database: Database;
  readonly logins: string[];
  readonly userPasswords?: Credentials;
}

interface Known {
  readonly site: Site;
  readonly props: SiteProps;
}

const sitesOfApp = new WeakMap<object, Map<string, Known>>();

/** The site that a version of it belongs to; the first one makes it. */
export function siteOf(scope: Construct, version: Instance, props: SiteProps): Site {
  const sites = sitesOfApp.get(scope.node.root) ?? new Map<string, Known>();
  sitesOfApp.set(scope.node.root, sites);
  const instance = props.name === undefined ? version : named(props.name, version);
  const id = `${instance.namespace}/${instance.name}`;
  const known = sites.get(id);
  if (known) {
    checkSame(scope, instance.name, known.props, props);
    const users = Credentials._given(scope, new Where('userPasswords'), props.userPasswords, () => known.site.users);
    return { ...known.site, users, isMade: true };
  }
  checkName(scope, 'site', instance.name);
  const passwords = Object.fromEntries(props.logins.map((login) => [login, LASTING_PASSWORD]));
  const site = {
    instance,
    key: Credentials._generated(scope, instance, instance.name, { 'secret-key': PASSWORD }),
    users: Credentials._given(scope, new Where('userPasswords'), props.userPasswords, () =>
      Credentials._generated(scope, instance, `${instance.name}-users`, passwords),
    ),
    isMade: false,
  };
  sites.set(id, { site, props });
  return site;
}

function named(name: string, { namespace, labels, selector }: Instance): Instance {
  return { name, namespace, labels: { ...labels, 'app.kubernetes.io/instance': name }, selector };
}

function checkSame(scope: Construct, site: string, there: SiteProps, here: SiteProps): void {
  const saidOf: { readonly [prop: string]: (props: SiteProps) => string } = {
    users: ({ logins }) => [...logins].sort().join(', '),
    database: ({ database: { endpoint, name } }) => `${endpoint.host}:${endpoint.port}/${name}`,
  };
  for (const [prop, said] of Object.entries(saidOf)) {
    if (said(here) !== said(there)) {
      const difference = `${said(here)} here, but ${said(there)} in its other version`;
      problem(
        scope,
        `'${prop}' of the site '${site}' ${prop === 'users' ? 'are' : 'is'} ${difference}; give both the same`,
      );
    }
  }
}
