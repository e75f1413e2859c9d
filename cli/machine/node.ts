import { engines } from '../../package.json';

/** The oldest Node.js that package.json accepts. */
export const [OLDEST_NODE = ''] = /[\d.]+/.exec(engines.node) ?? [];

export function isNodeAccepted(version: string): boolean {
  return version.localeCompare(OLDEST_NODE, 'en', { numeric: true }) >= 0;
}
