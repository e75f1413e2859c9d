import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CredentialsFile } from '../../constructs';
import { environmentNamed } from '../../environments';
import { addServices } from '../../main';
import { type Manifest, testApp } from '../support/app';

const DOCKERFILES = join(__dirname, '../../dockerfiles');

/** What a function of an image's entrypoint says, with stand-ins for the programs that it calls. */
function said(service: string, call: string, programs: { [name: string]: string }): string {
  const folder = mkdtempSync(join(tmpdir(), 'families-'));
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  const functions = `eval "$(sed '$d' '${join(DOCKERFILES, service, 'entrypoint.sh')}')"`;
  try {
    const env = { PATH: `${folder}:${process.env.PATH}`, FTPS_PASSIVE_PORTS: '30000:30009' };
    return spawnSync('bash', ['-c', `${functions}; ${call}`], { env, encoding: 'utf8', timeout: 10_000 }).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('every nginx', () => {
  it('listens by IPv4 and by IPv6 where others are to reach it', () => {
    const app = testApp();
    CredentialsFile.placeholders(app, 'secrets');
    addServices(app, environmentNamed('minikube'));
    app.synthYaml();
    const manifests = app.charts.flatMap((chart) => chart.toJson() as Manifest[]);
    const files = manifests.filter(({ kind }) => kind === 'ConfigMap').flatMap(({ data }) => Object.entries(data));
    const listening = files.flatMap(([file, text]) => {
      const lines = `${text}`.match(/^ *listen [^;]+;/gm) ?? [];
      return file.endsWith('.conf') && !file.startsWith('php') ? [lines.map((line) => line.trim())] : [];
    });
    const byIPv4 = listening.map((lines) =>
      lines.filter((line) => /^listen \d/.test(line) && !line.includes('127.0.0.1')),
    );
    const byIPv6 = listening.map((lines) => lines.filter((line) => line.includes('[::]')));
    expect(byIPv4.flat().length).toBeGreaterThan(6);
    expect(byIPv6.map((lines) => lines.map((line) => line.replace('[::]:', '')))).toEqual(byIPv4);
  });
});

describe('the nginx in front', () => {
  it.each([
    ['IPv4', '10.244.0.7', ' ipv6=off'],
    ['IPv6', 'fd00::7', ' ipv4=off'],
    ['both', '10.244.0.7 fd00::7', ''],
    ['no address', '', ' ipv6=off'],
  ])('asks for addresses that a pod with %s has a way to', (_, addresses, families) => {
    const config = said('nginx', 'describe_cluster_dns', { hostname: `echo '${addresses}'` });
    expect(config).toMatch(new RegExp(`^resolver \\S+ valid=10s${families};$`, 'm'));
  });
});

describe('the FTPS server', () => {
  it.each([
    ['announces an address of IPv4, which PASV carries', '192.0.2.7', '--forcepassiveip 192.0.2.7'],
    ['announces no address of IPv6, which the daemon refuses', '2001:db8::7', undefined],
  ])('%s', (_, address, option) => {
    const options = said('ftps', `run_daemon ${address}`, { 'pure-ftpd': 'echo "$@"' });
    expect(options).toContain('--bind 2121');
    expect(/--forcepassiveip \S+/.exec(options)?.[0]).toBe(option);
  });
});
