import type { Duration } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { asset } from '../asset';
import type { BoundCertificate } from '../certificate';
import type { Exposure } from '../exposure/exposure';
import { problem } from '../private/problems';

/** Where images expect the certificate of their service. */
export const TLS_FOLDER = '/run/secrets/tls';

/** The file of an nginx whose port speaks TLS. */
export const tlsFile = () => ({ 'tls.conf': asset('web', 'tls.conf') });

/** The files of an nginx that say how its port speaks: `listen.conf`, and what that includes. */
export function listenFiles(port: number, certificate: BoundCertificate | undefined): { [file: string]: string } {
  const listen = (how: string) => `listen ${port}${how};\nlisten [::]:${port}${how};\n`;
  return certificate
    ? { 'listen.conf': `${listen(' ssl')}include tls.conf;\n`, ...tlsFile() }
    : { 'listen.conf': listen('') };
}

/** The file that has an nginx send the header Strict-Transport-Security (HSTS); none without a max-age. */
export function hstsFile(maxAge: Duration | undefined): { [file: string]: string } {
  if (maxAge === undefined) {
    return {};
  }
  const lines = [
    '# In what goes out over TLS, as a browser must ignore it elsewhere. What comes from behind has no say.',
    'map "$https $http_x_forwarded_proto" $hsts {',
    `    "~*^(on | *https *(,|$))" "max-age=${seconds(maxAge)}";`,
    '}',
    'add_header Strict-Transport-Security $hsts always;',
    'fastcgi_hide_header Strict-Transport-Security;',
    'proxy_hide_header Strict-Transport-Security;',
  ];
  return { 'hsts.conf': `${lines.join('\n')}\n` };
}

export function seconds(duration: Duration): number {
  return Math.floor(duration.toSeconds({ integral: false }));
}

/** How browsers reach a service that may send HSTS. */
export interface HstsHolder {
  readonly hsts?: Duration;
  readonly exposure?: Exposure;
  /** Whether it speaks TLS itself, or what ends TLS before it is known. */
  readonly speaksTls: boolean;
}

/** Reports `hsts` where browsers use plain HTTP, by which they ignore the header. */
export function checkHsts(scope: IConstruct, { hsts, exposure, speaksTls }: HstsHolder): void {
  const tls = exposure?._byHost?.tls ?? speaksTls;
  if (hsts !== undefined && !tls) {
    const remedy = hstsRemedy(exposure);
    problem(scope, `'hsts' is set, but browsers come here by plain HTTP; ${remedy}, or leave 'hsts' out`);
  }
}

function hstsRemedy(exposure: Exposure | undefined): string {
  if (exposure?._gateway) {
    return "have the Gateway speak TLS and leave out 'tls: false'";
  }
  return exposure?._ingress ? "give the ingress a 'certificate'" : "add a 'certificate'";
}
