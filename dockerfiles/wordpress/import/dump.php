<?php

declare(strict_types=1);

require_once __DIR__ . '/statements.php';

/** Loads a dump into tables of its own, beside those of the site, as this server can hold them. */
final class Dump
{
    /** Before the names of tables that are being imported. No table of WordPress or of a plugin has it. */
    public const PREFIX = 'import~';

    /** What WordPress itself prefers. */
    private const COLLATION = 'utf8mb4_unicode_520_ci';
    private const NAME = '(?:(?:`(?:[^`]|``)+`|[\w$]+)\s*\.\s*)?(?:`(?<quoted>(?:[^`]|``)+)`|(?<bare>[\w$]+))';
    private const SYSTEM_DATABASES = ['mysql', 'sys', 'information_schema', 'performance_schema', 'phpmyadmin'];
    private const UNSAFE_CHARSETS = ['big5', 'cp932', 'gb18030', 'gbk', 'sjis'];
    private const STATEMENTS_A_COMMIT = 100;

    /** @var array<string, int> What was left out, and how often. */
    public array $leftOut = [];

    private string $database = '';

    public function __construct(private readonly mysqli $db)
    {
    }

    /** @param iterable<string> $chunks */
    public function load(iterable $chunks): void
    {
        $this->db->query("SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO', foreign_key_checks = 0, unique_checks = 0, autocommit = 0");
        $statements = new Statements();
        $number = 0;
        foreach ($statements->in($this->complete($chunks)) as $statement) {
            $this->execute($statement);
            if (++$number % self::STATEMENTS_A_COMMIT === 0) {
                $this->db->commit();
                if ($number % (20 * self::STATEMENTS_A_COMMIT) === 0) {
                    say("$number statements");
                }
            }
        }
        $this->db->commit();
        $this->db->query('SET autocommit = 1, foreign_key_checks = 0, unique_checks = 1');
        $this->db->set_charset('utf8mb4');
        if ($statements->routines > 0) {
            $this->leaveOut('triggers and routines', $statements->routines);
        }
    }

    /** Refuses a dump that says how it begins, but not that it is complete. */
    private function complete(iterable $chunks): Generator
    {
        $head = null;
        $tail = '';
        foreach ($chunks as $chunk) {
            $head ??= substr($chunk, 0, 1000);
            if (str_starts_with($head, "PK\3\4") || str_starts_with($head, 'BZh')) {
                throw new UnexpectedValueException('the dump is packed; unpack it, or pack it with gzip');
            }
            $tail = substr($tail . $chunk, -1000);
            yield $chunk;
        }
        if (preg_match('/^-- (?:MySQL|MariaDB) dump /m', $head ?? '') && !str_contains($tail, '-- Dump completed')) {
            throw new UnexpectedValueException("the dump is cut off: it does not end with '-- Dump completed'");
        }
    }

    private function execute(string $statement): void
    {
        // What only MySQL executes, as one comment.
        $statement = preg_replace('~^/\*M?!\d*\s*((?:(?!\*/).)*)\*/$~s', '$1', $statement);
        if (preg_match('/^USE\s+`?([^`;]+)/i', $statement, $match)) {
            $this->database = strtolower($match[1]);
        } elseif (in_array($this->database, self::SYSTEM_DATABASES, true)) {
            return;
        } elseif (preg_match('/^SET\s+NAMES\s+[\'"]?(\w+)/i', $statement, $match)) {
            $this->useCharset(strtolower($match[1]));
        } elseif (preg_match('/^(?:INSERT|REPLACE)(?:\s+(?:IGNORE|DELAYED|LOW_PRIORITY))*(?:\s+INTO)?\s+' . self::NAME . '/i', $statement, $match)) {
            $this->query($statement, $match);
        } elseif (preg_match('/^CREATE\s+TABLE(?:\s+IF\s+NOT\s+EXISTS)?\s+' . self::NAME . '/i', $statement, $match)) {
            $this->query($this->ofThisServer($statement), $match);
        } elseif (preg_match('/^ALTER\s+TABLE\s+' . self::NAME . '(?!\s+(?:DIS|EN)ABLE\s+KEYS)/i', $statement, $match)) {
            $this->query($this->ofThisServer($statement), $match);
        } elseif (preg_match('/^DROP\s+TABLE(?:\s+IF\s+EXISTS)?\s+' . self::NAME . '$/i', $statement, $match)) {
            $this->query($statement, $match);
        } elseif (!preg_match('/^(?:SET|LOCK|UNLOCK|START|BEGIN|COMMIT|ALTER|DROP|CREATE\s+(?:DATABASE|SCHEMA))\b/i', $statement)) {
            $this->leaveOut(preg_match('/\b(VIEW|TRIGGER|FUNCTION|PROCEDURE|EVENT)\b/i', substr($statement, 0, 300), $match)
                ? strtolower($match[1]) . 's'
                : "'" . preg_replace('/\s.*/s', '', $statement) . "' statements");
        }
    }

    private function useCharset(string $charset): void
    {
        if (in_array($charset, self::UNSAFE_CHARSETS, true)) {
            throw new UnexpectedValueException("the dump is in $charset; make it with --default-character-set=utf8mb4");
        }
        $this->db->set_charset(str_starts_with($charset, 'utf8') ? 'utf8mb4' : $charset);
    }

    /** Executes a statement on the table beside. */
    private function query(string $statement, array $match): void
    {
        $name = ($match['bare'] ?? '') !== '' ? $match['bare'] : str_replace('``', '`', $match['quoted']);
        $table = self::PREFIX . $name;
        if (strlen($table) > 64) {
            throw new UnexpectedValueException("the name of table '$name' is too long: " . (64 - strlen(self::PREFIX)) . ' characters at most');
        }
        $verb = preg_replace('/' . self::NAME . '$/i', '', $match[0]);
        try {
            $this->db->query($verb . quoted($table) . ' ' . substr($statement, strlen($match[0])));
        } catch (mysqli_sql_exception $refusal) {
            $remedy = in_array($refusal->getCode(), [1153, 2006, 2020], true)
                ? sprintf(' (a statement of %d MB: dump with --skip-extended-insert, or raise max_allowed_packet)', strlen($statement) >> 20)
                : '';
            throw new UnexpectedValueException(trim($verb) . " $name: {$refusal->getMessage()}$remedy");
        }
    }

    /** A definition without what only other servers have. Text in quotes is left as it is. */
    private function ofThisServer(string $definition): string
    {
        $change = static function (string $pattern, string|callable $by) use (&$definition): void {
            $outsideQuotes = "~'(?:[^'\\\\]++|\\\\.|'')*+'(*SKIP)(*FAIL)|$pattern~is";
            $definition = is_string($by)
                ? preg_replace($outsideQuotes, $by, $definition)
                : preg_replace_callback($outsideQuotes, $by, $definition);
        };
        $change('\butf8mb4_\w*0900_\w+', self::COLLATION);
        // So that all tables can be exchanged in one statement that either happens or does not.
        $change('(?<=[\s)])(?:ENGINE|TYPE)\s*=\s*\w+', 'ENGINE=InnoDB');
        $change('\b(?:ROW_FORMAT|KEY_BLOCK_SIZE|PACK_KEYS|CHECKSUM|DELAY_KEY_WRITE)\s*=\s*\w+', '');
        // The names of constraints are of the database, and the present tables may have them.
        $change('\bCONSTRAINT\s+(?:`[^`]+`|\w+)\s+(?=FOREIGN\b)', '');
        $change('\bREFERENCES\s+' . self::NAME, static fn (array $match) => 'REFERENCES ' . quoted(
            self::PREFIX . (($match['bare'] ?? '') !== '' ? $match['bare'] : $match['quoted']),
        ));
        return $definition;
    }

    private function leaveOut(string $what, int $count = 1): void
    {
        $this->leftOut[$what] = ($this->leftOut[$what] ?? 0) + $count;
    }
}
