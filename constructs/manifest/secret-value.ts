/** Names such as DB_PASSWORD, PGPASSWORD, apiKey or MYSQL_PWD; not PASSWORD_FILE or TOKEN_TTL. */
const NAME =
  /(passwo?r?d|passphrase|secret|token|credentials?|(api|access|private|secret|encryption|signing)[._-]?key|(^|[._-])(pass|pwd|auth))\d*$/i;
/** Switches such as ALLOW_EMPTY_PASSWORD=yes, and references to other variables. */
const HARMLESS = /^(|true|false|yes|no|on|off|\$\(\w+\))$/i;
const URL_WITH_PASSWORD = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s:@]*:(?!\$\()[^/?#\s@]+@/i;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const OPTION = /^(--?([A-Za-z][\w.-]*))(?:=(.*))?$/s;
/** What stands behind an option that is no value of it, or only the path of one. */
const OF_A_FILE = /^[-/.@]/;
const NAME_OF_A_METHOD = /auth$/i;

/** Whether a value looks like a secret, by its name or by itself. */
export function isSecret(name: string, value: string): boolean {
  return (NAME.test(name) && !HARMLESS.test(value)) || URL_WITH_PASSWORD.test(value) || PRIVATE_KEY.test(value);
}

/** The options of a command with what looks like a secret: `--password=…`, `--password …`, or a URL that has one. */
export function secretOptions(words: readonly string[] = []): string[] {
  return words.flatMap((word, index) => {
    const [, option, name = '', value = words[index + 1] ?? ''] = OPTION.exec(word) ?? [];
    if (option === undefined) {
      const isValue = /^--?[A-Za-z][\w.-]*$/.test(words[index - 1] ?? '');
      return !isValue && isSecret('', word) ? ['a word'] : [];
    }
    return OF_A_FILE.test(value) || NAME_OF_A_METHOD.test(name) || !isSecret(name, value) ? [] : [option];
  });
}
