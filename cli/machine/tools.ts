import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Failure } from '../terminal/failure';
import type { Environment } from '../terminal/screen';

/** The programs that the command line calls, and where each is had. */
const TOOLS = {
  docker: 'https://docs.docker.com/get-docker/',
  minikube: 'https://minikube.sigs.k8s.io/docs/start/',
  kubectl: 'https://kubernetes.io/docs/tasks/tools/',
};

export type Tool = keyof typeof TOOLS;

/** Refuses to start where a program is missing; all that are missing are told at once. */
export function checkTools(again: string, tools: readonly Tool[], env: Environment = process.env): void {
  const missing = tools.filter((tool) => !pathOf(tool, env));
  if (missing.length > 0) {
    throw new Failure({
      cause: `${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not on PATH`,
      details: missing.map((tool) => `${tool}: install it from ${TOOLS[tool]}`),
      next: `install ${missing.join(' and ')}, then run: ${again}`,
    });
  }
}

/** Where a program is on PATH. */
export function pathOf(tool: string, env: Environment): string | undefined {
  const endings = process.platform === 'win32' ? ['.exe', '.cmd'] : [''];
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.flatMap((folder) => endings.map((ending) => join(folder, tool + ending))).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
