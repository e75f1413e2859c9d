import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { program } from '../cli/program';
import { testsWith } from './support/programs';
import { parse } from './support/yaml';

const ROOT = join(__dirname, '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const filesOf = (folder: string) =>
  readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => join(folder, name));

const { scripts, engines } = JSON.parse(read('package.json'));
const workflows = filesOf('.github/workflows');
const templates = filesOf('.github/ISSUE_TEMPLATE');
const programs = ['.ci', '.github', 'scripts'].flatMap(filesOf).filter((file) => /^#!.*\bbash\n/.test(read(file)));
const forPeople = [...workflows, ...templates, ...programs, '.github/PULL_REQUEST_TEMPLATE.md', 'CONTRIBUTING.md'];

const yaml = (file: string) => parse(read(file));
/** What a lint says of files. */
function lint(program: string, files: string[]): string {
  const { stdout, stderr } = spawnSync(program, files, { cwd: ROOT, encoding: 'utf8' });
  return stdout + stderr;
}

const withActionlint = testsWith('actionlint', ['--version'], `${workflows.length} workflows by actionlint`);
const withShellcheck = testsWith('shellcheck', ['--version'], `${programs.length} shell programs by shellcheck`);

describe.each(forPeople)('%s', (file) => {
  const text = read(file);

  it('names scripts of package.json that there are', () => {
    const named = [...text.matchAll(/\bnpm run (?:-s )?([a-z][\w:-]*\w)/g)].map(([, name]) => `${name}`);
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });

  it('names programs of this repository that there are, and that can be run', () => {
    const named = [...text.matchAll(/(?:^|[\s`'"(])((?:scripts|\.ci|\.github)\/[\w./-]*\w)/g)].map(
      ([, path]) => `${path}`,
    );
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    const called = named.filter((path) => statSync(join(ROOT, path)).isFile() && read(path).startsWith('#!'));
    expect(called.filter((path) => (statSync(join(ROOT, path)).mode & 0o111) === 0)).toEqual([]);
  });
});

describe.each(workflows)('the workflow %s', (file) => {
  const { permissions, concurrency, jobs } = yaml(file);
  const steps: { uses?: string }[] = Object.values<any>(jobs).flatMap((job) => job.steps);

  it('may only read, never runs twice for the same, and ends by itself', () => {
    expect(permissions).toEqual({ contents: 'read' });
    expect(concurrency.group).toContain('github.ref');
    for (const job of Object.values<any>(jobs)) {
      expect(job['timeout-minutes']).toBeGreaterThan(0);
      expect(job.permissions).toBeUndefined();
    }
  });

  it('pins each action by its commit, and says the version', () => {
    const used = steps.flatMap(({ uses }) => uses ?? []);
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((action) => !/@[0-9a-f]{40}$/.test(action))).toEqual([]);
    expect(read(file).match(/uses: \S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/gm)).toHaveLength(used.length);
  });
});

describe('the workflows', () => {
  it('have the same action in the same version', () => {
    const used = workflows.flatMap((file) => read(file).match(/uses: \S+/g) ?? []);
    const versions = new Map<string, Set<string>>();
    for (const [name = '', version = ''] of new Set(used.map((uses) => uses.split('@')))) {
      versions.set(name, (versions.get(name) ?? new Set()).add(version));
    }
    expect([...versions].filter(([, { size }]) => size > 1)).toEqual([]);
  });

  withActionlint.it('are valid for actionlint', () => {
    expect(lint('actionlint', workflows)).toBe('');
  });

  it('call phases of scripts/verify that there are', () => {
    const known = /PHASES=\((.*)\)/.exec(read('scripts/verify'))?.[1]?.split(' ');
    const called = /PHASES: (.*)/.exec(read('.github/workflows/e2e.yml'))?.[1] ?? '';
    const words = called.replace(/\$\{\{.*?&& '(\w+)' \|\| '' \}\}/g, '$1').split(' ');
    expect(words).toEqual(['up', 'core', 'rest', 'nodes']);
    expect(known).toEqual(expect.arrayContaining(words));
  });
});

withShellcheck.it('each shell program is valid for shellcheck', () => {
  expect(programs).toEqual(expect.arrayContaining(['.ci/run', 'scripts/verify', '.github/volumes']));
  expect(lint('shellcheck', programs)).toBe('');
});

describe.each(templates)('the template %s', (file) => {
  it('is YAML', () => {
    expect(() => yaml(file)).not.toThrow();
  });
});

it('.nvmrc is the oldest Node.js that engines allow, and the build tries it', () => {
  const oldest = read('.nvmrc').trim();
  expect(engines.node).toBe(`>= ${oldest}.0`);
  expect(yaml('.github/workflows/build.yml').jobs.build.strategy.matrix.node).toContain(oldest);
});

it('.editorconfig says what biome.json says', () => {
  const { formatter } = JSON.parse(read('biome.json'));
  const everywhere = /\[\*\]\n((?:.+\n)+)/.exec(read('.editorconfig'))?.[1];
  const settings = Object.fromEntries(
    (everywhere ?? '')
      .trim()
      .split('\n')
      .map((line) => line.split(' = ')),
  );
  expect(settings).toMatchObject({
    indent_style: formatter.indentStyle,
    indent_size: String(formatter.indentWidth),
    max_line_length: String(formatter.lineWidth),
  });
});

describe('renovate.json', () => {
  const { customManagers } = JSON.parse(read('.github/renovate.json'));

  it.each<[string, any]>(customManagers.map((manager: any) => [manager.description, manager]))(
    'finds: %s',
    (_, manager) => {
      const tracked = spawnSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).stdout.trim().split('\n');
      for (const pattern of manager.managerFilePatterns) {
        const files = tracked.filter((file) => new RegExp(pattern.slice(1, -1)).test(file));
        const found = files.flatMap((file) => [...read(file).matchAll(new RegExp(manager.matchStrings[0], 'g'))]);
        expect([pattern, found.length]).not.toEqual([pattern, 0]);
      }
    },
  );
});

it('CHANGELOG.md begins with what is unreleased, under the headings of Keep a Changelog', () => {
  const headings = read('CHANGELOG.md').match(/^##+ .*/gm) ?? [];
  expect(headings[0]).toBe('## [Unreleased]');
  const kinds =
    /^## (\[Unreleased\]|\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d)$|^### (Added|Changed|Deprecated|Removed|Fixed|Security)$/;
  expect(headings.filter((heading) => !kinds.test(heading))).toEqual([]);
});

describe('npm run', () => {
  const commands = program
    .createHelp()
    .visibleCommands(program)
    .map((command) => command.name());

  it.each(commands.filter((name) => !['completion', 'help'].includes(name)))(
    '%s is that command, as its sources say',
    (name) => {
      expect(scripts[name]).toBe(`node scripts/cli.js ${name}`);
    },
  );

  it('is what its commands tell their user to type', () => {
    const env = { PATH: '', npm_lifecycle_event: 'plan' };
    const { status, stderr } = spawnSync(process.execPath, ['scripts/cli.js', 'plan'], {
      cwd: ROOT,
      env,
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([1, expect.stringContaining('kubectl, then run: npm run plan\n')]);
  });
});
