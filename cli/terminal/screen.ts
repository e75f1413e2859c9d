/** The variables of a process. */
export interface Environment {
  readonly [name: string]: string | undefined;
}

/** Where text goes, and what it can show. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  hasColors?(count: number): boolean;
}

/**
 * Whether to write in colour: on a terminal that has them, unless `NO_COLOR` is set (https://no-color.org); with
 * `FORCE_COLOR` everywhere, as Node.js itself does it.
 */
export function hasColours(screen: Screen, env: Environment = process.env): boolean {
  const { FORCE_COLOR: forced, NO_COLOR: none } = env;
  if (forced !== undefined) {
    return forced !== '0' && forced !== 'false';
  }
  return screen.isTTY === true && !none && env.TERM !== 'dumb' && (screen.hasColors?.(16) ?? false);
}

/** Whether lines may be written over: on a terminal that moves its cursor, and where nobody keeps what is shown. */
export function isLive(screen: Screen, env: Environment = process.env): boolean {
  return screen.isTTY === true && (screen.columns ?? 0) > 0 && !env.CI && env.TERM !== 'dumb';
}
