<?php

declare(strict_types=1);

/** Takes the statements out of a dump, a piece at a time: no more than one statement is held. */
final class Statements
{
    /** How many statements were passed over, as their delimiter is not ';': triggers, procedures and functions. */
    public int $routines = 0;

    private const ROUTINES = 'DELIMITER';
    private const ROUTINES_END = '/^DELIMITER[ \t]+;[ \t]*\r?\n/mi';

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
                    // A comment before a statement is no part of it; '/*!' is what MySQL executes.
                    if (preg_match('~\s*(?:--|#|/\*(?!M?!)|/\*M!999999)~A', $buffer, $match, 0, $start)) {
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
                        if (stripos('DELIMITER', substr($buffer, $at, 9)) === 0 && !strpos($buffer, "\n", $at)) {
                            break;
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
        $rest = trim(substr($buffer, $start));
        if ($open !== "\n" && $rest !== '' && !preg_match('~^(?:--|#|/\*(?:(?!\*/).)*\*/$|DELIMITER)~is', $rest)) {
            throw new UnexpectedValueException('the dump ends in the middle of a statement: ' . substr($rest, 0, 60));
        }
    }
}
