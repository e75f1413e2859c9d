/** Which backups are kept: one that either of these keeps. */
export interface KeepProps {
  /**
   * That many of the newest, however old.
   * @default 7
   */
  readonly last?: number;

  /**
   * All that are no older, in days.
   * @default 30
   */
  readonly days?: number;
}
