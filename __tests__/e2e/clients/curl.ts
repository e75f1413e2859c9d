import { type Result, run } from '../runner/run';

export interface CurlOptions {
  /** `user:password`, which curl reads from its input. */
  readonly user?: string;
  readonly seconds?: number;
}

/** Runs curl, quiet but for errors. */
export function curl(args: string[], { user, seconds = 30 }: CurlOptions = {}): Promise<Result> {
  const config = user === undefined ? '' : `user = ${JSON.stringify(user)}\n`;
  const all = ['--config', '-', '--silent', '--show-error', '--max-time', `${seconds}`, ...args];
  return run('curl', all, { input: config, seconds: seconds + 5 });
}

/** The same, where anything but success is a failure. */
export async function curled(args: string[], options?: CurlOptions): Promise<string> {
  const { code, stdout, stderr } = await curl(args, options);
  if (code !== 0) {
    throw new Error(`expected curl ${args.join(' ')} to succeed, got ${code}: ${stderr.trim()}`);
  }
  return stdout;
}
