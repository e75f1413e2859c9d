<?php

declare(strict_types=1);

require_once __DIR__ . '/refusal.php';
require_once __DIR__ . '/text.php';

/** Takes the statements out of a dump, a piece at a time: no more than one statement is held. */
final class Statements
{
    /** How many statements were passed over, as their delimiter is not ';': triggers, procedures and functions. */
    public int $routines = 0;

    /** Of which database the present statement is, as the last comment that names one says. */
    public string $database = '';

    /** Whether the end was told: what comes after it is none of the dump. */
    private bool $isWhole = false;

    private const ROUTINES = 'DELIMITER';
    /** How lines begin that are no statements. */
    private const WORDS = [self::ROUTINES, ...self::CLIENTS];
    /** What a client prints, where its standard error is written to the same file. */
    private const CLIENTS = ['mysqldump:', 'mariadb-dump:', 'mysql:', 'mariadb:', 'Warning:', 'Enter password:'];
    private const ROUTINES_END = '/^DELIMITER[ \t]+;[ \t]*\r?\n/mi';
    /** '/*!' is what MySQL executes, but for a version that there will never be. */
    private const COMMENT = '~\s*(?:--|#|/\*(?!M?!)|/\*M?!999999)~A';
    private const DATABASE = '/^-- (?:Host: [^\n]*\bDatabase: +(?<client>\S[^\r\n]*)|(?:Current )?Database: `(?<named>[^`\r\n]+)`)/';

    /**
     * @param iterable<string> $chunks
     * @return Generator<string>
     */
    public function in(iterable $chunks): Generator
    {
        $buffer = '';
        $start = 0;
        $at = 0;
        $open = '';
        foreach ($chunks as $chunk) {
            $buffer = substr($buffer, $start) . $chunk;
            $at -= $start;
            $start = 0;
            $length = strlen($buffer);
            while ($at < $length) {
                if ($open === self::ROUTINES) {
                    if (!preg_match(self::ROUTINES_END, $buffer, $match, PREG_OFFSET_CAPTURE, $at)) {
                        // The line that ends them may have begun.
                        $at = $start = max($at, $length - 64);
                        break;
                    }
                    $at = $start = $match[0][1] + strlen($match[0][0]);
                    $this->routines++;
                    $open = '';
                } elseif ($open === "\n" || $open === '*/') {
                    $end = strpos($buffer, $open, $at);
                    if ($end === false) {
                        $at = max($at, $length - 1);
                        break;
                    }
                    $at = $end + strlen($open);
                    $open = '';
                    // A comment before a statement is no part of it.
                    if (preg_match(self::COMMENT, $buffer, $match, 0, $start)) {
                        $this->heed(substr($buffer, $start, min($at - $start, 400)));
                        $start = $at;
                    }
                } elseif ($open !== '') {
                    $at += strcspn($buffer, $open === '`' ? '`' : "$open\\", $at);
                    if ($at >= $length || ($buffer[$at] === '\\' && $at + 1 === $length)) {
                        break;
                    }
                    if ($buffer[$at] === '\\') {
                        $at += 2;
                    } else {
                        $at++;
                        $open = '';
                    }
                } else {
                    if ($at === $start) {
                        $at = $start += strspn($buffer, " \t\r\n", $at);
                        if (self::maySay(substr($buffer, $at, 16)) && !strpos($buffer, "\n", $at)) {
                            break;
                        }
                        if (self::begins(self::CLIENTS, substr($buffer, $at, 16))) {
                            $at = $start = strpos($buffer, "\n", $at) + 1;
                            continue;
                        }
                        if (preg_match('/DELIMITER[ \t]+(\S+)[^\n]*\n/Ai', $buffer, $match, 0, $at)) {
                            $at = $start += strlen($match[0]);
                            $open = $match[1] === ';' ? '' : self::ROUTINES;
                            continue;
                        }
                    }
                    $at += strcspn($buffer, ";'\"`#-/", $at);
                    // Two more, to know a comment by them.
                    if ($at >= $length || ($length - $at < 3 && str_contains('-/', $buffer[$at]))) {
                        break;
                    }
                    $character = $buffer[$at];
                    if ($character === ';') {
                        $statement = trim(substr($buffer, $start, $at - $start));
                        $start = ++$at;
                        if ($statement !== '') {
                            $this->isWhole = false;
                            yield $statement;
                        }
                    } elseif (str_contains('\'"`', $character)) {
                        $open = $character;
                        $at++;
                    } elseif ($character === '#' || preg_match('/--\s/A', $buffer, $match, 0, $at)) {
                        $open = "\n";
                    } elseif (substr_compare($buffer, '/*', $at, 2) === 0) {
                        $open = '*/';
                        $at += 2;
                    } else {
                        $at++;
                    }
                }
            }
        }
        $rest = $this->isWhole ? '' : trim(substr($buffer, $start));
        if ($open !== "\n" && $rest !== '' && !self::begins(self::WORDS, $rest) && !preg_match('~^(?:--|#|/\*(?:(?!\*/).)*\*/$)~s', $rest)) {
            throw new Refusal('the dump ends in the middle of a statement: ' . substr($rest, 0, 60), 'make it anew');
        }
    }

    /** Whether a text begins with one of the words, as far as it goes. */
    private static function maySay(string $text): bool
    {
        return self::begins(array_map(static fn (string $word) => substr($word, 0, strlen($text)), self::WORDS), $text);
    }

    /** @param string[] $words */
    private static function begins(array $words, string $text): bool
    {
        foreach ($words as $word) {
            if (strncasecmp($word, $text, strlen($word)) === 0) {
                return true;
            }
        }
        return false;
    }

    private function heed(string $comment): void
    {
        $this->isWhole = str_starts_with($comment, Text::WHOLE);
        if (preg_match(self::DATABASE, $comment, $match)) {
            $this->database = rtrim(($match['named'] ?? '') ?: $match['client']);
        }
    }
}
