import { type ContainerSpec, containersOf, type LiveObject, namespaceIn, ofKind, type Program } from '../app/objects';
import type { Connection } from './policies';
import { behind, type Runner } from './services';

/** Variables whose whole value is a host. */
const HOST = /HOST|ADDR|SERVER|URL|URI|ENDPOINT|UPSTREAM|BROKER|TARGET|SERVICE|DSN|DB_NAME_SERVER/i;

/** Who names whose Service in its variables, its arguments or the files that it mounts. */
export function referencesOf(program: Program, runners: readonly Runner[]): Connection[] {
  const services = ofKind(program.objects, 'Service');
  return runners.flatMap((from) => {
    const texts = textsOf(from, program);
    return services.flatMap((service) => {
      const ports = namedIn(texts, service, namespaceIn(program, service), from.pods.namespace);
      const targets = ports ? behind(service, runners, program).filter((to) => to !== from) : [];
      return targets.map((to) => ({ from, to, ports: ports ?? [] }));
    });
  });
}

interface Text {
  /** The whole value of a variable that tells a host. */
  readonly isHost: boolean;
  readonly text: string;
}

function textsOf({ pods }: Runner, program: Program): Text[] {
  const configs = ofKind(program.objects, 'ConfigMap').filter(
    (config) => namespaceIn(program, config) === pods.namespace,
  );
  const named = (name: string | undefined) => configs.find(({ metadata }) => metadata.name === name)?.data ?? {};
  const containers = containersOf(pods.spec);
  const mounted = (pods.spec.volumes ?? []).flatMap(({ configMap, projected }) => [
    configMap?.name,
    ...(projected?.sources ?? []).map((source) => source.configMap?.name),
  ]);
  return [
    ...containers.flatMap(({ env = [], envFrom = [] }) => [
      ...env.map(({ name, value, valueFrom }) => {
        const { name: config, key = '' } = valueFrom?.configMapKeyRef ?? {};
        return { isHost: HOST.test(name), text: value ?? named(config)[key] ?? '' };
      }),
      ...envFrom.flatMap(({ configMapRef }) =>
        Object.entries(named(configMapRef?.name)).map(([name, text]) => ({ isHost: HOST.test(name), text })),
      ),
    ]),
    ...(containers as readonly (ContainerSpec & { command?: string[]; args?: string[] })[]).map(
      ({ command = [], args = [] }) => ({ isHost: false, text: [...command, ...args].join('\n') }),
    ),
    ...mounted.flatMap((name) => Object.values(named(name)).map((text) => ({ isHost: false, text }))),
  ];
}

/** The ports at which a Service is named, its only one if none is said; nothing if it is not named. */
function namedIn(texts: readonly Text[], service: LiveObject, namespace: string, from: string): number[] | undefined {
  const name = service.metadata.name.replaceAll('.', '\\.');
  const domain = `\\.${namespace}(?:\\.svc(?:\\.[a-z0-9.-]+)?)?`;
  const host = `(?<![\\w.-])${name}${namespace === from ? `(?:${domain})?` : domain}(?![\\w-]|\\.[a-z])`;
  const numbers = ((service.spec?.ports ?? []) as { port: number }[]).map(({ port }) => port);
  const found = new Set<number>();
  let isNamed = false;
  for (const { isHost, text } of texts) {
    if (!text.includes(service.metadata.name)) {
      continue;
    }
    const whole = new RegExp(`^\\s*${host}(?::(\\d+))?\\s*$`).exec(text);
    const matches = [
      ...(whole && (isHost || whole[1]) ? [whole] : []),
      // in a URL, or with a port that the Service has
      ...text.matchAll(new RegExp(`(?:://(?:[^\\s/@]*@)?|@tcp\\()${host}(?::(\\d+))?`, 'g')),
      ...[...text.matchAll(new RegExp(`${host}:(\\d+)`, 'g'))].filter(([, port]) => numbers.includes(Number(port))),
      // all of its name, domain and all
      ...text.matchAll(new RegExp(`(?<![\\w.-])${name}${domain}(?![\\w-])()`, 'g')),
    ];
    for (const [, port] of matches) {
      isNamed = true;
      if (port) {
        found.add(Number(port));
      }
    }
  }
  return isNamed ? (found.size > 0 ? [...found] : numbers.length === 1 ? numbers : []) : undefined;
}
