<?php

declare(strict_types=1);

/** The definition of a table, as this server can hold it. Text in quotes is left as it is. */
final class Definition
{
    /** The name of a table, with that of its database or without. */
    public const NAME = '(?:(?:`(?<in>(?:[^`]|``)+)`|(?<of>[\w$]+))\s*\.\s*)?(?:`(?<quoted>(?:[^`]|``)+)`|(?<bare>[\w$]+))';

    /** What WordPress itself prefers. */
    private const COLLATION = 'utf8mb4_unicode_520_ci';
    /** In which what was unequal stays unequal. */
    private const EXACT_COLLATION = 'utf8mb4_bin';
    private const QUOTED = "'(?:[^'\\\\]++|\\\\.|'')*+'";

    private function __construct(private string $text)
    {
    }

    /** @param string $prefix Before the names of tables that are referred to. */
    public static function ofThisServer(string $text, string $prefix): string
    {
        $definition = new self($text);
        $definition->change(
            '\butf8mb4_\w*0900_(\w+)',
            static fn (array $match) => preg_match('/^(?:bin|as_cs\w*)$/i', $match[1]) ? self::EXACT_COLLATION : self::COLLATION,
        );
        // So that all tables can be exchanged in one statement that either happens or does not.
        $definition->change('(?<=[\s)])(?:ENGINE|TYPE)\s*=\s*[\'"]?\w+[\'"]?', 'ENGINE=InnoDB');
        $definition->change('\b(?:ROW_FORMAT|KEY_BLOCK_SIZE|PACK_KEYS|CHECKSUM|DELAY_KEY_WRITE|INSERT_METHOD)\s*=\s*\w+', '');
        $definition->change('\bUNION\s*=\s*\([^)]*\)', '');
        // What is on the disks of the old server.
        $definition->change('\b(?:DATA\s+DIRECTORY|INDEX\s+DIRECTORY|CONNECTION)\s*=\s*' . self::QUOTED, '');
        $definition->change('(?<=[\s)])TABLESPACE[\s=]+(?:`[^`]+`|\w+)(?:\s+STORAGE\s+\w+)?', '');
        // Of MySQL alone.
        $definition->change('(?:/\*!\d+\s*)?\bWITH\s+PARSER\s+(?:`[^`]+`|\w+)(?:\s*\*/)?', '');
        // The names of constraints are of the database, and the present tables may have them.
        $definition->change('\bCONSTRAINT\s+(?:`[^`]+`|\w+)\s+(?=FOREIGN\b)', '');
        $definition->change('\bREFERENCES\s+' . self::NAME, static fn (array $match) => 'REFERENCES ' . quoted($prefix . self::nameIn($match)));
        return $definition->text;
    }

    /** With a key of its own for the column that counts, which MyISAM takes as a later one of a key. */
    public static function withKeyOfCounter(string $text): string
    {
        if (!preg_match('/(`[^`]+`|\b\w+)\s+\w*int\w*\b[^,]*\bAUTO_INCREMENT\b/i', $text, $match)) {
            return $text;
        }
        return str_starts_with(ltrim($text), '(')
            ? preg_replace('/\(/', "(KEY ($match[1]), ", $text, 1)
            : "$text, ADD KEY ($match[1])";
    }

    /** @param array<string, string> $match */
    public static function nameIn(array $match): string
    {
        return ($match['bare'] ?? '') !== '' ? $match['bare'] : str_replace('``', '`', $match['quoted']);
    }

    /** @param array<string, string> $match */
    public static function databaseIn(array $match): string
    {
        return ($match['of'] ?? '') !== '' ? $match['of'] : str_replace('``', '`', $match['in'] ?? '');
    }

    private function change(string $pattern, string|callable $by): void
    {
        $outsideQuotes = '~' . self::QUOTED . "(*SKIP)(*FAIL)|$pattern~is";
        $this->text = is_string($by)
            ? preg_replace($outsideQuotes, $by, $this->text)
            : preg_replace_callback($outsideQuotes, $by, $this->text);
    }
}
