/**
 * @lane rest
 * @needs nothing
 * @disturbs nothing
 * @minutes 3
 */
import { spawnSync } from 'node:child_process';
import { App } from 'cdk8s';
import { CredentialsFile } from '../../constructs';
import { environmentNamed } from '../../environments';
import { addServices } from '../../main';
import type { Manifest } from '../support/app';
import { kubectl, OWN } from './cluster/kubectl';
import { removeOwn } from './cluster/namespaces';
import { MARK } from './fixtures/belongings';
import { check, setUp } from './runner/check';
import { folder } from './runner/folder';

const CERT_MANAGER = 'cert-manager.io/v1';
const NO_CERT_MANAGER =
  spawnSync('kubectl', ['get', '--raw', `/apis/${CERT_MANAGER}`]).status === 0
    ? undefined
    : 'cert-manager is missing: https://cert-manager.io/docs/installation/';

/** The names in it are examples, and nothing of it runs: what is asked is what the API server says of every object. */
describe('the environment of a cluster', () => {
  const objects = synthesized();
  const isOurs = ({ apiVersion }: Manifest) => apiVersion !== CERT_MANAGER;
  setUp(async () => {
    await kubectl(['create', 'namespace', MARK]);
    await kubectl(['label', 'namespace', MARK, OWN]);
  });
  afterAll(removeOwn);

  check('is accepted by the API server', { of: [] }, async () => {
    const wanted = objects.filter(isOurs);
    expect(await accepted(wanted)).toBe(wanted.length);
  });

  check('has certificates that cert-manager accepts', { of: [], skip: NO_CERT_MANAGER }, async () => {
    const wanted = objects.filter((object) => !isOurs(object));
    expect(await accepted(wanted)).toBe(wanted.length);
  });
});

function synthesized(): Manifest[] {
  const app = new App({ outdir: folder() });
  const { ftps, ...environment } = environmentNamed('cluster');
  environment.images.useIn(app);
  CredentialsFile.placeholders(app, 'secrets');
  // the ports of the nodes are those of the running system
  addServices(app, { ...environment, ftps: { ...ftps, passivePorts: { first: 30100, last: 30109 } }, namespace: MARK });
  app.synthYaml();
  return app.charts.flatMap((chart) => chart.toJson() as Manifest[]);
}

/** How many of the objects the API server would take, with no field that it doesn't know. */
async function accepted(items: Manifest[]): Promise<number> {
  const how = ['--server-side', '--dry-run=server', '--validate=strict', '-o', 'name'];
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  return (await kubectl(['apply', ...how, '-f', '-'], { input, seconds: 50 })).trim().split('\n').length;
}
