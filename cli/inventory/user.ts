import { hostname, userInfo } from 'node:os';

/** Who runs this, such as `ann@laptop`. */
export function user(): string {
  return `${name()}@${hostname()}`;
}

function name(): string {
  try {
    return userInfo().username;
  } catch {
    // a user that the system has no name for
    return `${process.getuid?.() ?? 'unknown'}`;
  }
}
