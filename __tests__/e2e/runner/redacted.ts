const secrets = new Set<string>();

/** From now on this value is taken out of every message. */
export function conceal(value: string): void {
  secrets.add(value);
}

/** A text without any password that was read from a Secret. */
export function redacted(text: string): string {
  let clean = text;
  for (const value of secrets) {
    clean = clean.replaceAll(value, '***').replaceAll(encodeURIComponent(value), '***');
  }
  return clean;
}
