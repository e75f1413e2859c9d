import { createInterface } from 'node:readline/promises';
import { Interrupted } from '../terminal/failure';
import type { Session } from './session';

/** Whether there is somebody to ask: on a terminal, unless it is one of CI. */
export function isAsked(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true && !process.env.CI;
}

/** Asks a question, to which anything but yes is no. */
export async function confirm({ signal }: Session, question: string): Promise<boolean> {
  const questions = createInterface({ input: process.stdin, output: process.stdout });
  try {
    questions.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    return /^y(es)?$/i.test((await questions.question(`${question} [y/N] `, { signal })).trim());
  } catch {
    throw new Interrupted();
  } finally {
    questions.close();
  }
}
