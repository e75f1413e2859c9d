import type { SynthesizedApp } from '../../manifest/app';
import type { KubernetesObject } from '../../manifest/objects';
import type { Container, Pod } from '../../manifest/pods';
import { isSecret, secretOptions } from '../../manifest/secret-value';
import { eachContainer, type Rule, when } from '../rule';

export const secretInEnvironment: Rule = {
  name: 'secret-in-environment',
  recommendation:
    'Secrets are files: an environment is inherited by every process, printed by crashes, and never renewed',
  fix: 'mount the Secret as a volume, and give the program the path',
  check: eachContainer(({ env = [], envFrom = [] }) => [
    ...env.flatMap(({ name, valueFrom }) =>
      when(Boolean(valueFrom?.secretKeyRef), `env ${name} is from Secret/${valueFrom?.secretKeyRef?.name}`),
    ),
    ...envFrom.flatMap(({ secretRef }) =>
      when(Boolean(secretRef), `the environment is from Secret/${secretRef?.name}`),
    ),
  ]),
};

export const literalSecret: Rule = {
  name: 'literal-secret',
  recommendation: 'A password is in a Secret: whoever may read the workload, or list processes, would read it there',
  fix: 'put the value into a Secret, mount that as a volume, and give the program the path',
  // the value itself is in no message
  check: eachContainer((container, pod, app) => [
    ...variables(container, pod, app)
      .filter(({ name, value }) => isSecret(name, value))
      .map(({ name, from }) => `env ${name} has a value that looks like a secret${from}`),
    ...(['command', 'args'] as const).flatMap((field) =>
      secretOptions(container[field]).map((option) => `${option} in ${field} has a value that looks like a secret`),
    ),
  ]),
};

interface Variable {
  readonly name: string;
  readonly value: string;
  readonly from: string;
}

interface ConfigMap extends KubernetesObject {
  readonly data?: { readonly [key: string]: string };
}

/** What is written in the container, and what it reads of the app's ConfigMaps. */
function variables({ env = [], envFrom = [] }: Container, { object }: Pod, app: SynthesizedApp): Variable[] {
  const dataOf = (config: string | undefined) =>
    app.beside<ConfigMap>(object, 'ConfigMap').find(({ metadata }) => metadata.name === config)?.data ?? {};
  return [
    ...env.map(({ name, value = '', valueFrom }) => {
      const { name: config, key = '' } = valueFrom?.configMapKeyRef ?? {};
      return config
        ? { name, value: dataOf(config)[key] ?? '', from: `, from ConfigMap/${config}` }
        : { name, value: `${value}`, from: '' };
    }),
    ...envFrom.flatMap(({ configMapRef, prefix = '' }) =>
      Object.entries(dataOf(configMapRef?.name)).map(([key, value]) => ({
        name: `${prefix}${key}`,
        value,
        from: `, from ConfigMap/${configMapRef?.name}`,
      })),
    ),
  ];
}
