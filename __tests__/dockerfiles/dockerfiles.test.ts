import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(__dirname, '../../dockerfiles');
const services = readdirSync(FOLDER);

/** The instructions of a Dockerfile, each on one line, without comments. */
function instructions(service: string): string[] {
  return readFileSync(join(FOLDER, service, 'Dockerfile'), 'utf8')
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
}

/** Those of the stage that becomes the image. */
function lastStage(service: string): string[] {
  const lines = instructions(service);
  return lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
}

const settingOf = (service: string, instruction: string) =>
  lastStage(service)
    .findLast((line) => line.startsWith(`${instruction} `))
    ?.slice(instruction.length + 1);

describe.each(services)('the image of %s', (service) => {
  it('starts from a base that can be chosen', () => {
    const bases = instructions(service)
      .filter((line) => line.startsWith('FROM '))
      .map((line) => line.split(' ')[1]);
    const argument = service === 'grafana' ? 'GRAFANA_IMAGE' : 'BASE';
    expect(bases.filter((base) => base !== `\${${argument}}` && base !== 'scratch')).toEqual([]);
    const fallback = instructions(service).find((line) => line.startsWith(`ARG ${argument}=`));
    expect(fallback).toMatch(service === 'grafana' ? /=grafana\/grafana:\d+\.\d+\.\d+$/ : /=debian:trixie-slim$/);
  });

  it('runs as a numeric user that no node has', () => {
    const [user = 0] = (settingOf(service, 'USER') ?? '').split(':').map(Number);
    expect(user).toBeGreaterThan(10000);
  });

  it('gives the folders of its data to group 0 as well, the one group of a user that the platform chooses', () => {
    const made = lastStage(service).flatMap((line) => line.match(/install (-d|--directory) [^&]+/g) ?? []);
    const ours = made.filter((command) => !command.includes('-m 1777'));
    expect(ours.filter((command) => !/ (-g|--group) root (-m|--mode) 0770 /.test(command))).toEqual([]);
  });

  it('is stopped by the one signal that no shell ignores, however early, and says how it is', () => {
    expect(settingOf(service, 'STOPSIGNAL')).toBe('SIGTERM');
    expect(settingOf(service, 'HEALTHCHECK')).toMatch(/CMD \["/);
  });

  it('starts its program without a shell around it', () => {
    const [entrypoint, command] = [settingOf(service, 'ENTRYPOINT'), settingOf(service, 'CMD')];
    expect([entrypoint, command].filter((words) => words !== undefined && !words.startsWith('['))).toEqual([]);
  });

  it('says what it is', () => {
    const labels = lastStage(service)
      .filter((line) => line.startsWith('LABEL '))
      .join(' ');
    for (const label of ['title', 'description', 'licenses']) {
      expect(labels).toContain(`org.opencontainers.image.${label}=`);
    }
  });

  it('builds with the legacy builder as well', () => {
    expect(instructions(service).filter((line) => /--mount|--chmod|--checksum|<</.test(line))).toEqual([]);
  });

  it('keeps no package lists, and takes no package that was not asked for', () => {
    for (const line of instructions(service).filter((line) => line.includes('apt-get update'))) {
      expect(line).toMatch(/rm -rf? .*\/var\/lib\/apt\/lists\/\*/);
      expect(line.match(/apt-get install -y(?! --no-install-recommends)/)).toBeNull();
    }
  });

  it('has no program that makes another user of who runs it', () => {
    for (const line of lastStage(service).filter((line) => line.includes('apt-get install'))) {
      expect(line).toContain('find / -xdev -type f -perm /6000 -exec chmod a-s {} +');
    }
  });

  it('has no version called latest, and no secret', () => {
    expect(instructions(service).filter((line) => /:latest|(PASSWORD|SECRET|TOKEN)=\S/.test(line))).toEqual([]);
  });

  it('takes into its build only what it copies', () => {
    expect(existsSync(join(FOLDER, service, '.dockerignore'))).toBe(true);
  });

  it('has scripts that can be run, and an entrypoint that ends at the first error', () => {
    const entries = readdirSync(join(FOLDER, service), { withFileTypes: true });
    for (const { name: file } of entries.filter((entry) => entry.isFile())) {
      const content = readFileSync(join(FOLDER, service, file), 'utf8');
      if (content.startsWith('#!')) {
        expect([file, statSync(join(FOLDER, service, file)).mode & 0o111]).not.toEqual([file, 0]);
      }
      if (file === 'entrypoint.sh') {
        expect([file, content.includes('set -euo pipefail')]).toEqual([file, true]);
      }
    }
  });
});

it.each([
  ['serve-php.sh', 2],
  ['log-lines', 4],
])('%s is the same in each of the %i build folders that must hold it', (file, count) => {
  const paths = services.map((service) => join(FOLDER, service, file)).filter((path) => existsSync(path));
  expect(paths).toHaveLength(count);
  expect(new Set(paths.map((path) => readFileSync(path, 'utf8'))).size).toBe(1);
});
