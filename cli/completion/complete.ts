// cli/completion/: shell completion: the scripts for bash, zsh and fish, and the words that may stand where the cursor
// is.

import type { Command } from 'commander';
import { Proxies } from '../machine/proxy';
import { Shell } from '../machine/shell';
import { Invocation } from '../terminal/invocation';
import { candidates, FILES } from './candidates';
import { valuesOf } from './values';

/** In milliseconds since this process began: what somebody who presses Tab does not notice. */
const PATIENCE = 300;

/** What the scripts read: a word and its description on each line, or that files are meant. */
export async function complete(program: Command, words: readonly string[]): Promise<string> {
  // a machine that is so busy that this program starts slowly is as slow to start kubectl
  const began = Math.round(process.uptime() * 1000);
  const signal = AbortSignal.timeout(Math.max(PATIENCE - began, Math.round(1.5 * began)));
  const folder = process.cwd();
  const invocation = Invocation.of(process.argv, process.env, folder);
  const shell = new Shell(signal);
  const proxies = new Proxies();
  const session = { shell, signal, folder, profile: 'minikube', proxies, invocation, again: '' };
  const found = await candidates(program, words, (of, typed) => valuesOf(session, of, typed)).finally(() =>
    proxies.end(),
  );
  if (found === FILES) {
    return `:${FILES}\n`;
  }
  return found.map(({ value, description = '' }) => `${value}\t${firstSentence(description)}\n`).join('');
}

function firstSentence(text: string): string {
  const [sentence = ''] = text.split(/[.:;](?:\s|$)/);
  return sentence.replace(/\s+/g, ' ').trim();
}
