<?php

declare(strict_types=1);

require_once __DIR__ . '/refusal.php';

/** The text of a dump: without what a client has printed into it, and refused where its end is missing. */
final class Text
{
    private const HEAD = 65536;
    private const TAIL = 4096;
    private const UTF8_MARK = "\u{FEFF}";
    /** The marks of UTF-16, and how a comment begins in it without one. */
    private const UTF16 = ["\xFF\xFE", "\xFE\xFF", "-\0-\0", "\0-\0-"];
    private const PACKED = ["PK\3\4" => 'zip', 'BZh' => 'bzip2', "\xFD7zXZ" => 'xz', "\x28\xB5\x2F\xFD" => 'zstd'];
    private const CLIENTS = '(?:MySQL|MariaDB) dump ';
    public const WHOLE = '-- Dump completed';
    /** Most programs keep the settings of the server at the beginning, and set them back at the end. */
    private const KEEPS = '/SET\s+@OLD_CHARACTER_SET_CLIENT\s*=/i';
    private const SETS_BACK = '/SET\s+CHARACTER_SET_CLIENT\s*=\s*@OLD_CHARACTER_SET_CLIENT/i';

    /**
     * @param iterable<string> $chunks
     * @return Generator<string>
     */
    public static function of(iterable $chunks): Generator
    {
        $head = '';
        $isBegun = false;
        $tail = '';
        foreach ($chunks as $chunk) {
            if (!$isBegun) {
                $head .= $chunk;
                if (strlen($head) < self::HEAD) {
                    continue;
                }
                $chunk = $head = self::beginning($head);
                $isBegun = true;
            }
            $tail = substr($tail . $chunk, -self::TAIL);
            yield $chunk;
        }
        if (!$isBegun) {
            $head = $tail = self::beginning($head);
            yield $head;
        }
        self::requireEnd(substr($head, 0, self::HEAD), substr($tail, -self::TAIL));
    }

    private static function beginning(string $head): string
    {
        foreach (self::PACKED as $mark => $name) {
            if (str_starts_with($head, $mark)) {
                throw new Refusal("the dump is packed with $name", 'unpack it, or pack it with gzip');
            }
        }
        foreach (self::UTF16 as $mark) {
            if (str_starts_with($head, $mark)) {
                throw new Refusal(
                    "the dump is UTF-16, as PowerShell's '>' writes it, which may have damaged its text",
                    'make it anew, with --result-file=dump.sql in place of >',
                );
            }
        }
        if (preg_match('/^(?:' . self::UTF8_MARK . ')?\s*[<{\[]/', $head)) {
            throw new Refusal('the dump is no SQL, but XML, HTML or JSON', 'make it as SQL');
        }
        if (str_starts_with($head, self::UTF8_MARK)) {
            $head = substr($head, strlen(self::UTF8_MARK));
        }
        // Warnings of the client, where its standard error was written to the same file.
        if (preg_match('/^-- ' . self::CLIENTS . '/m', $head, $match, PREG_OFFSET_CAPTURE)) {
            $before = substr($head, 0, $match[0][1]);
            if (!preg_match('/^\s*(?:CREATE|INSERT|REPLACE|DROP|ALTER|LOCK)\s/mi', $before)) {
                return substr($head, $match[0][1]);
            }
        }
        return $head;
    }

    private static function requireEnd(string $head, string $tail): void
    {
        $isOfClient = preg_match('/^-- ' . self::CLIENTS . '/m', $head);
        if ($isOfClient && !str_contains($tail, self::WHOLE)) {
            throw new Refusal("the dump is cut off: it does not end with '" . self::WHOLE . "'", 'make it anew');
        }
        if (!$isOfClient && preg_match(self::KEEPS, $head) && !preg_match(self::SETS_BACK, $tail)) {
            throw new Refusal('the dump is cut off: it does not set back the character set that it keeps at its beginning', 'make it anew');
        }
    }
}
