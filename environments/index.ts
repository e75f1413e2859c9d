import { cluster } from './cluster';
import type { Environment } from './environment';
import { minikube } from './minikube';

export { Environment } from './environment';

const environments: { readonly [name: string]: Environment } = { minikube, cluster };

/** The environment of that name. */
export function environmentNamed(name: string): Environment {
  const environment = Object.hasOwn(environments, name) ? environments[name] : undefined;
  if (!environment) {
    const known = Object.keys(environments).join(', ');
    throw new Error(`ENVIRONMENT is '${name}', which is not known; use one of ${known}`);
  }
  return environment;
}
