import type { Address, Endpoint } from '../endpoint';
import type { OutsidePort } from '../exposure/service-port';
import type { Route } from './route';

/** What the generated parts of nginx's configuration depend on. */
export interface ServerConfigProps {
  readonly routes: Route[];
  /** Where nginx finds what it proxies. */
  readonly upstreams: ReadonlyMap<Route, Address>;
  /** Where browsers find nginx itself. */
  readonly http: OutsidePort;
  readonly https: OutsidePort;
}

/** The locations of the server that browsers talk to. */
export function routesFile(props: ServerConfigProps): string {
  return props.routes
    .map((route) => {
      const upstream = props.upstreams.get(route);
      return route._proxied && upstream ? proxy(route.path, route._proxied.endpoint, upstream) : redirect(route, props);
    })
    .join('\n');
}

/** What the plain HTTP port answers: a redirect to HTTPS, wherever that is. */
export function redirectFile(props: ServerConfigProps): string {
  const { url } = props.https;
  if (url !== undefined) {
    // TLS ends at the ingress controller, which says in X-Forwarded-Proto what the browser used
    const toTls = [
      'if ($http_x_forwarded_proto ~* "^ *http *(,|$)") {',
      '    return 301 https://$host$request_uri;',
      '}',
    ];
    return [...(url.startsWith('https:') ? toTls : []), 'include /etc/nginx-config/routes.conf;', ''].join('\n');
  }
  return block('location /', [
    ...choosePort(props.http.nodePort, { ...props.https, scheme: 'https' }, 443),
    'return 301 https://$host$port$request_uri;',
  ]);
}

/** The headers that tell of the browser are set in nginx.conf, for all routes alike. */
function proxy(path: string, endpoint: Endpoint, upstream: Address): string {
  const prefix = path.replace(/\/$/, '');
  const scheme = endpoint._certificate ? 'https' : 'http';
  const lines = [
    `set $upstream ${scheme}://${upstreamHost(endpoint, upstream)}:${upstream.port};`,
    ...verification(endpoint),
    ...(prefix ? [`set $forwarded_prefix ${prefix};`, `rewrite ^${prefix}/(.*)$ /$1 break;`] : []),
    'proxy_pass $upstream;',
  ];
  const slash = prefix ? block(`location = ${prefix}`, [`return 301 ${prefix}/$is_args$args;`]) : '';
  return slash + block(`location ${prefix}/`, lines);
}

/** Where nginx finds the authority of what an endpoint presents. */
export function authorityFolder({ host }: Endpoint): string {
  return `/run/secrets/authorities/${host}`;
}

function verification(endpoint: Endpoint): string[] {
  const certificate = endpoint._certificate;
  return certificate?.canBeChecked
    ? [
        'proxy_ssl_verify on;',
        `proxy_ssl_trusted_certificate ${authorityFolder(endpoint)}/ca.crt;`,
        `proxy_ssl_name ${certificate.serverName};`,
      ]
    : [];
}

/**
 * A host name in a variable is resolved at each request, so that nginx starts before its upstream exists; nginx knows
 * no search domains, so that the name must be complete.
 */
function upstreamHost(endpoint: Endpoint, { host }: Address): string {
  if (!endpoint._inCluster) {
    return host;
  }
  return host.includes('.') ? `${host}.$services_domain` : `${host}.$namespace_domain`;
}

function redirect(route: Route, { https }: ServerConfigProps): string {
  const to = route._redirected?._exposed.outside ?? {};
  const prefix = route.path.replace(/\/$/, '');
  const target =
    to.url === undefined
      ? { lines: choosePort(https.nodePort, to, to.scheme === 'https' ? 443 : 80), url: `${to.scheme}://$host$port` }
      : { lines: [], url: to.url };
  const [exact, below] = [`location = ${prefix}`, `location ${prefix}/`];
  const slash = prefix ? block(exact, [...target.lines, `return 307 ${target.url}/$is_args$args;`]) : '';
  return (
    slash +
    block(below, [
      ...target.lines,
      // $request_uri is as the browser wrote it; a numbered capture would be encoded once more
      `if ($request_uri ~ "^${prefix.replaceAll('.', '[.]')}/(?<rest>[^?]*)") {`,
      `    return 307 ${target.url}/$rest$is_args$args;`,
      '}',
      `return 307 ${target.url}/$is_args$args;`,
    ])
  );
}

/**
 * Sets `$port`: a browser that came by a port of the node goes on to one of the node, any other to the load balancer's.
 */
function choosePort(cameByNodePort: number | undefined, to: OutsidePort, usual: number): string[] {
  const suffix = (port: number) => (port === usual ? '""' : `:${port}`);
  const lines = [`set $port ${suffix(to.port ?? to.nodePort ?? usual)};`];
  if (to.port !== undefined && to.nodePort !== undefined && cameByNodePort !== undefined) {
    lines.push(`if ($http_host ~ ":${cameByNodePort}$") {`, `    set $port ${suffix(to.nodePort)};`, '}');
  }
  return lines;
}

function block(head: string, lines: string[]): string {
  return `${head} {\n${lines.map((line) => `    ${line}\n`).join('')}}\n`;
}
