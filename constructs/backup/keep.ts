/** Which backups are kept. A backup is deleted only if none of these keeps it. */
export interface KeepProps {
  /**
   * This many of the newest backups, whatever their age.
   * @default 7
   */
  readonly last?: number;

  /**
   * Every backup up to this age, in days.
   * @default 30
   */
  readonly days?: number;
}
