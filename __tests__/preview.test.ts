import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Chart } from 'cdk8s';
import { CredentialsFile, MySql } from '../constructs';
import { type Manifest, temporaryFolder } from './support/app';

/** The password of a database, in an app with a file of credentials. */
function passwordIn(path: string): string {
  const app = new App({ outdir: temporaryFolder() });
  new CredentialsFile(app, 'secrets', { path });
  new MySql(new Chart(app, 'shop', { namespace: 'shop' }), 'mysql').addDatabase('blog');
  const quiet = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  app.synth();
  quiet.mockRestore();
  const secrets = (app.node.findChild('secrets') as Chart).toJson() as Manifest[];
  const data = secrets.find(({ metadata }) => metadata.name === 'mysql-blog')?.data;
  return Buffer.from(data.password, 'base64').toString();
}

describe('an app that is only looked at', () => {
  const path = join(temporaryFolder(), 'credentials.json');
  beforeEach(() => {
    process.env.CDK8S_SERVICES_PREVIEW = 'true';
  });
  afterEach(() => {
    delete process.env.CDK8S_SERVICES_PREVIEW;
  });

  it('has placeholders, and makes no file', () => {
    expect(passwordIn(path)).toBe('placeholder of mysql-blog password');
    expect(existsSync(path)).toBe(false);
  });

  it('has the values of the file, and adds nothing to it', () => {
    delete process.env.CDK8S_SERVICES_PREVIEW;
    const made = passwordIn(path);
    process.env.CDK8S_SERVICES_PREVIEW = 'true';
    const content = readFileSync(path, 'utf8');
    expect(passwordIn(path)).toBe(made);
    const { 'shop/mysql-blog': _, ...rest } = JSON.parse(content);
    const less = JSON.stringify(Object.keys(rest).length < Object.keys(JSON.parse(content)).length ? rest : {});
    writeFileSync(path, less, { mode: 0o600 });
    expect(passwordIn(path)).not.toBe(made);
    expect(readFileSync(path, 'utf8')).toBe(less);
  });
});
