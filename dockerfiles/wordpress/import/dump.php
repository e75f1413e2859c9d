<?php

declare(strict_types=1);

require_once __DIR__ . '/definition.php';
require_once __DIR__ . '/refusal.php';
require_once __DIR__ . '/statements.php';
require_once __DIR__ . '/text.php';

/**
 * Loads a dump into tables of its own, beside those of the site, as this server can hold them. What one table does not
 * take stops no other: whether it matters is known when the site among them is.
 */
final class Dump
{
    /** Before the names of tables that are being imported. No table of WordPress or of a plugin has it. */
    public const PREFIX = 'import~';

    private const SYSTEM_DATABASES = ['mysql', 'sys', 'information_schema', 'performance_schema', 'phpmyadmin'];
    private const UNSAFE_CHARSETS = ['big5', 'cp932', 'gb18030', 'gbk', 'sjis'];
    private const STATEMENTS_A_COMMIT = 100;
    private const LONGEST_NAME = 64;

    private const COUNTER_WITHOUT_KEY = 1075;
    private const TOO_LARGE = [1153, 2006, 2020];
    /** The server, and not the table, is at fault: lost, full, locked or ended. */
    private const OF_SERVER = [...self::TOO_LARGE, 1021, 1030, 1114, 1205, 1317, 1927, 2013];

    /** @var array<string, int> What was left out, and how often. */
    public array $leftOut = [];

    /** @var array<string, string> Why a table is not as the dump has it. */
    public array $failures = [];

    /** @var array<string, string[]> Of which databases a table is. */
    public array $databases = [];

    /** The database of the last USE. */
    private string $used = '';

    /** @var array<string, true> Databases whose tables are not wanted. */
    private array $passed = [];

    /** @param ?string $wanted Which of the databases, where a dump has several. */
    public function __construct(private readonly mysqli $db, private readonly ?string $wanted = null)
    {
    }

    /** @param iterable<string> $chunks */
    public function load(iterable $chunks): void
    {
        // As lenient as the old server may have been; a row that does not fit is refused all the same.
        $this->db->query("SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,IGNORE_BAD_TABLE_OPTIONS', innodb_strict_mode = OFF, time_zone = '+00:00',
            foreign_key_checks = 0, unique_checks = 0, autocommit = 0");
        $statements = new Statements();
        $number = 0;
        foreach ($statements->in(Text::of($chunks)) as $statement) {
            $this->execute($statement, $this->used !== '' ? $this->used : $statements->database);
            if (++$number % self::STATEMENTS_A_COMMIT === 0) {
                $this->db->commit();
                if ($number % (20 * self::STATEMENTS_A_COMMIT) === 0) {
                    say("$number statements");
                }
            }
        }
        $this->db->commit();
        $this->db->query("SET sql_mode = '', autocommit = 1, foreign_key_checks = 0, unique_checks = 1");
        $this->db->set_charset('utf8mb4');
        if ($statements->routines > 0) {
            $this->leaveOut('triggers and routines', $statements->routines);
        }
        if ($this->wanted !== null && $this->databases === []) {
            $names = implode(', ', array_keys($this->passed));
            throw new Refusal(
                "the dump has no tables of a database '$this->wanted'" . ($names === '' ? ', and names none' : ", but of $names"),
                'say another with --old-database, or none',
            );
        }
    }

    private function execute(string $statement, string $database): void
    {
        // What only MySQL executes, as one comment.
        $statement = preg_replace('~^/\*M?!\d*\s*((?:(?!\*/).)*)\*/$~s', '$1', $statement);
        $name = Definition::NAME;
        if (preg_match('/^USE\s+`?([^`;]+)/i', $statement, $match)) {
            $this->used = rtrim($match[1]);
        } elseif (in_array(strtolower($this->used), self::SYSTEM_DATABASES, true)) {
            return;
        } elseif (preg_match('/^SET\s+NAMES\s+[\'"]?(\w+)/i', $statement, $match)) {
            $this->useCharset(strtolower($match[1]));
        } elseif (preg_match("/^(?:INSERT|REPLACE)(?:\s+(?:IGNORE|DELAYED|LOW_PRIORITY))*(?:\s+INTO)?\s+$name/i", $statement, $match)) {
            $this->query($statement, $match, $database);
        } elseif (preg_match("/^CREATE\s+TABLE(?:\s+IF\s+NOT\s+EXISTS)?\s+$name/i", $statement, $match)) {
            $this->query(Definition::ofThisServer($statement, self::PREFIX), $match, $database);
        } elseif (preg_match("/^ALTER\s+TABLE\s+$name(?!\s+(?:DIS|EN)ABLE\s+KEYS)/i", $statement, $match)) {
            $this->query(Definition::ofThisServer($statement, self::PREFIX), $match, $database);
        } elseif (preg_match("/^DROP\s+TABLE(?:\s+IF\s+EXISTS)?\s+$name$/i", $statement, $match)) {
            $this->query($statement, $match, $database);
        } elseif (preg_match('/^(?:CREATE|INSERT\s+INTO)\s+(?:TABLE\s+)?"/i', $statement)) {
            throw new Refusal('the dump has the names of tables in double quotes (--compatible=ansi)', 'make it without that');
        } elseif (!preg_match('/^(?:SET|LOCK|UNLOCK|START|BEGIN|COMMIT|ALTER|DROP|TRUNCATE|DELETE|CREATE\s+(?:DATABASE|SCHEMA))\b/i', $statement)) {
            $this->leaveOut(preg_match('/\b(VIEW|TRIGGER|FUNCTION|PROCEDURE|EVENT)\b/i', substr($statement, 0, 300), $match)
                ? strtolower($match[1]) . 's'
                : "'" . preg_replace('/\s.*/s', '', $statement) . "' statements");
        }
    }

    private function useCharset(string $charset): void
    {
        if (in_array($charset, self::UNSAFE_CHARSETS, true)) {
            throw new Refusal("the dump is in $charset", 'make it with --default-character-set=utf8mb4');
        }
        $this->db->set_charset(str_starts_with($charset, 'utf8') ? 'utf8mb4' : $charset);
    }

    /** Executes a statement on the table beside. */
    private function query(string $statement, array $match, string $database): void
    {
        $name = Definition::nameIn($match);
        if (!$this->takes($name, Definition::databaseIn($match) ?: $database)) {
            return;
        }
        $table = self::PREFIX . $name;
        $verb = preg_replace('/' . Definition::NAME . '$/i', '', $match[0]);
        $rest = substr($statement, strlen($match[0]));
        if (strlen($table) > self::LONGEST_NAME) {
            $this->failures[$name] = 'its name has more than ' . (self::LONGEST_NAME - strlen(self::PREFIX)) . ' characters';
            return;
        }
        try {
            try {
                $this->db->query($verb . quoted($table) . " $rest");
            } catch (mysqli_sql_exception $refusal) {
                if ($refusal->getCode() !== self::COUNTER_WITHOUT_KEY) {
                    throw $refusal;
                }
                $this->db->query($verb . quoted($table) . ' ' . Definition::withKeyOfCounter($rest));
            }
        } catch (mysqli_sql_exception $refusal) {
            $said = trim($verb) . " $name: {$refusal->getMessage()}";
            if (in_array($refusal->getCode(), self::TOO_LARGE, true)) {
                $megabytes = strlen($statement) >> 20;
                throw new Refusal("$said (a statement of $megabytes MB)", 'dump with --skip-extended-insert, or raise max_allowed_packet');
            }
            if (in_array($refusal->getCode(), self::OF_SERVER, true)) {
                throw new RuntimeException($said);
            }
            $this->failures[$name] = $said;
        }
    }

    /** Whether a table is to be loaded: of two databases that have it, it is the first one's. */
    private function takes(string $name, string $database): bool
    {
        if ($this->wanted !== null && strcasecmp($this->wanted, $database) !== 0) {
            if ($database !== '') {
                $this->passed[$database] = true;
            }
            return false;
        }
        $known = $this->databases[$name] ??= [$database];
        if (!in_array($database, $known, true)) {
            $this->databases[$name][] = $database;
        }
        return $known[0] === $database && !isset($this->failures[$name]);
    }

    private function leaveOut(string $what, int $count = 1): void
    {
        $this->leftOut[$what] = ($this->leftOut[$what] ?? 0) + $count;
    }
}
