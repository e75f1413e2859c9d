import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Argument, Command, Option } from 'commander';
import { candidates, FILES, type Values } from '../../../cli/completion/candidates';
import { testsWith } from '../../support/programs';
import { CLI, stage, WEB } from '../../support/stage';

jest.setTimeout(60_000);

describe('what may stand where the cursor is', () => {
  const program = new Command('shop');
  program
    .command('logs')
    .argument('[service...]')
    .option('-c, --container <name>')
    .option('-f, --follow')
    .addOption(new Option('-o, --output <format>').choices(['json', 'table']));
  program.command('import').argument('<site>').addArgument(new Argument('<dump>'));
  program.command('complete', { hidden: true });

  const asked: string[] = [];
  const values: Values = async (of, { operands, options }) => {
    asked.push(`${of.name()} ${operands.join()} ${[...options].join()}`);
    return of.name() === 'dump' ? FILES : (of.argChoices ?? ['web', 'worker', '-odd']).map((value) => ({ value }));
  };
  const words = async (line: string) => {
    const found = await candidates(program, line.split(' '), values);
    return found === FILES ? found : found.map(({ value }) => value);
  };

  it.each([
    ['', ['logs', 'import', 'help']],
    ['lo', ['logs']],
    ['nonsense ', []],
    ['help im', ['import']],
    ['help import ', []],
    ['logs w', ['web', 'worker']],
    ['logs web wo', ['worker']],
    ['logs --', ['--container', '--follow', '--output', '--help']],
    ['logs -', ['--container', '--follow', '--output', '--help']],
    ['logs --fo', ['--follow']],
    ['logs -f w', ['web', 'worker']],
    ['logs -c w', ['web', 'worker']],
    ['logs -c -', ['-odd']],
    ['logs -o ', ['json', 'table']],
    ['logs --output=j', ['--output=json']],
    ['logs --output=json w', ['web', 'worker']],
    ['logs --nothing=j', []],
    ['logs -- -', ['-odd']],
    ['import x ', FILES],
    ['import x y ', []],
  ])("of '%s'", async (line, expected) => {
    expect(await words(line)).toEqual(expected);
  });

  it('depends on what stands before it', async () => {
    asked.length = 0;
    await words('logs web -c one --output=json db ');
    expect(asked).toEqual(['service web,db container,one,output,json']);
  });
});

describe('completion', () => {
  /** An app that has synthesized, and this program on PATH. */
  const shop = (kubectl?: string, written = true) => {
    const made = stage(kubectl === undefined ? {} : { kubectl });
    if (written) {
      mkdirSync(join(made.folder, 'dist'));
      writeFileSync(join(made.folder, 'dist', 'web.yaml'), JSON.stringify(WEB));
    }
    made.plays('cdk8s-services', `exec '${process.execPath}' '${CLI}' "$@"`);
    return made;
  };
  const complete = async (made: ReturnType<typeof shop>, ...words: string[]) => {
    const { code, stdout, stderr } = await made.run('complete', '--', ...words);
    expect([code, stderr]).toEqual([0, '']);
    return stdout.split('\n').flatMap((line) => line.split('\t')[0] || []);
  };

  it('knows the services of what the app has synthesized, and asks no cluster for them', async () => {
    const made = shop();
    expect(await complete(made, 'logs', '')).toEqual(['web']);
    expect(made.calls('kubectl')).toBe('');
  });

  it('asks the cluster where the app has not been synthesized', async () => {
    const applied = { ...WEB, metadata: { ...WEB.metadata, managedFields: [{ manager: 'cdk8s-services' }] } };
    const made = shop(`echo '${JSON.stringify({ items: [applied] })}'`, false);
    let found: string[] = [];
    // on a busy machine it may not answer in time
    for (let attempt = 0; attempt < 10 && found.length === 0; attempt++) {
      found = await complete(made, 'logs', '-p', 'other', '');
    }
    expect(found).toEqual(['web']);
    expect(made.calls('kubectl')).toMatch(/^--context other get deployments/);
  });

  it.each([
    ['does not answer', 'sleep 20'],
    ['fails', 'echo no >&2; exit 1'],
    ['answers nonsense', 'echo nonsense'],
  ])('says nothing, and soon, where the cluster %s', async (_, kubectl) => {
    const before = Date.now();
    expect(await complete(shop(kubectl, false), 'logs', '')).toEqual([]);
    expect(Date.now() - before).toBeLessThan(5000);
  });

  describe.each(['bash', 'zsh', 'fish'])('in %s', (shell) => {
    const lines = ['cdk8s-services lo', 'cdk8s-services shell "w', 'cdk8s-services plan --output=m'];
    const evil = 'cdk8s-services logs $(touch pwned) `touch pwned` w';
    const files = 'cdk8s-services import web --database web.y';
    const SCRIPTS: { readonly [shell: string]: string } = {
      bash: `set -u; source ./script
        for line in "$@"; do
          COMP_LINE=$line COMP_POINT=\${#line} COMPREPLY=()
          _cdk8s_services cdk8s-services; printf '%s\\n' "\${COMPREPLY[@]}"
        done`,
      fish: 'source ./script; for line in $argv; complete -C "$line" | string replace -r "\\t.*" ""; end',
      // what it would show is taken from the function that shows it
      zsh: `compdef() { : }; _describe() { print -rl -- \${\${(P)2}%%:*} }; _files() { print -r -- web.yaml }
        source ./script
        for line in "$@"; do words=("\${(@s: :)line}") CURRENT=$#words; _cdk8s_services; done`,
    };

    const withShell = testsWith(shell, ['-c', 'true'], `completion in ${shell}`);
    withShell.it('completes, and runs nothing of what is typed', async () => {
      const made = shop();
      const { stdout } = await made.run('completion', shell);
      writeFileSync(join(made.folder, 'script'), stdout);
      const env = {
        ...process.env,
        PATH: [join(made.folder, 'bin'), process.env.PATH].join(delimiter),
        CALLS: made.folder,
      };
      const typed = [...lines, evil, files];
      const args =
        shell === 'fish' ? ['-c', SCRIPTS.fish ?? '', ...typed] : ['-c', SCRIPTS[shell] ?? '', shell, ...typed];
      const { stdout: said, stderr } = spawnSync(shell, args, { cwd: made.folder, env, encoding: 'utf8' });
      const found = said.split('\n').filter((word) => word !== '');
      const markdown = shell === 'bash' ? 'markdown' : '--output=markdown';
      expect({ found, stderr }).toEqual({ found: ['logs', 'web', markdown, 'web', 'web.yaml'], stderr: '' });
      expect(existsSync(join(made.folder, 'pwned'))).toBe(false);
    });
  });
});
