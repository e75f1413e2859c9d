import { relative } from 'node:path';
import type { Environment } from './screen';

const NPM = 'npm run';

/** How this run was started, so that it and other commands can be told as its user types them. */
export class Invocation {
  private constructor(
    /** `npm run`, `npx cdk8s-services` or the path of the program, perhaps after the variable that chooses for what. */
    private readonly program: string,
    private readonly command: string,
    private readonly words: readonly string[],
  ) {}

  static of(argv: readonly string[], env: Environment, folder: string): Invocation {
    const [, script = '', command = '', ...args] = argv;
    const path = relative(folder, script);
    const direct = path.startsWith('..') ? 'cdk8s-services' : `node ${path}`;
    const program =
      env.npm_lifecycle_event === command ? NPM : env.npm_lifecycle_event === 'npx' ? 'npx cdk8s-services' : direct;
    return new Invocation(
      env.ENVIRONMENT ? `ENVIRONMENT=${quoted(env.ENVIRONMENT)} ${program}` : program,
      command,
      args.map(quoted),
    );
  }

  /** The command to run again. */
  get again(): string {
    return this.typed(this.command, this.words);
  }

  /** The same with one option more. */
  with(option: string): string {
    return this.typed(this.command, [...this.words, option]);
  }

  /** Another command, typed the same way. */
  other(command: string, words: readonly string[]): string {
    return this.typed(command, words);
  }

  private typed(command: string, words: readonly string[]): string {
    const separator = this.program.endsWith(NPM) && words.length > 0 ? ['--'] : [];
    return [this.program, command, ...separator, ...words].join(' ');
  }
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
