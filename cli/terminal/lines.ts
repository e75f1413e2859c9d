/** The last thing that a program said. */
export function lastLine(lines: readonly string[]): string {
  return lines.at(-1)?.trim() || 'nothing';
}
