<?php

declare(strict_types=1);

/**
 * Rewrites the old addresses of a site in a value of its database: as text, in JSON, in URLs within URLs, and in what
 * PHP serialized, whose lengths are made right. Nothing is unserialized, so that no object comes to life.
 */
final class Addresses
{
    private const SLASH = '(?<slash>\\\\*/|%(?:25)*2F)';
    private const COLON = '(?<colon>:|%(?:25)*3A)';

    private readonly string $pattern;

    /**
     * @param string[] $old What to replace, whatever its scheme, such as 'https://old.example.org/blog'.
     * @param string $new The address in its place; '' makes links relative to the site.
     * @param array<string, string> $folders Paths below the old addresses that are others here, such as '/app/uploads'.
     */
    public function __construct(
        public readonly array $old,
        public readonly string $new,
        private readonly array $folders = [],
    ) {
        $places = array_unique(array_map(self::place(...), $old));
        usort($places, static fn (string $a, string $b) => strlen($b) <=> strlen($a));
        $patterns = array_map(
            static fn (string $place) => str_replace(['/', '\:'], ['\k<slash>', '(?::|%(?:25)*3A)'], preg_quote($place, '~')),
            $places,
        );
        $this->pattern = '~(?:(?<scheme>https?)' . self::COLON . '|(?<![:\w])(?<!%3A)(?<!%253A))' . self::SLASH
            . '\k<slash>(?:' . implode('|', $patterns) . ')(?:' . self::anyOf(array_keys($folders))
            . '|(?![\w-]|\.\w|:\d)(?<more>(?:\k<slash>)*+))~i';
    }

    /** @param string[] $folders */
    private static function anyOf(array $folders): string
    {
        usort($folders, static fn (string $a, string $b) => strlen($b) <=> strlen($a));
        $patterns = array_map(static fn (string $path) => str_replace('/', '\k<slash>', preg_quote($path, '~')), $folders);
        return '(?<folder>' . ($patterns === [] ? '(?!)' : implode('|', $patterns)) . ')(?![\w.-])';
    }

    /** @return string[] What a value with an old address contains, in any of its forms. */
    public function hosts(): array
    {
        return array_values(array_unique(array_map(
            static fn (string $url) => preg_replace('~[/:].*~', '', self::place($url)),
            $this->old,
        )));
    }

    public function rewrite(string $value): string
    {
        foreach ($this->hosts() as $host) {
            if (stripos($value, $host) !== false) {
                return $this->serialized($value) ?? $this->text($value);
            }
        }
        return $value;
    }

    /** Without the scheme: host, port and path. */
    private static function place(string $url): string
    {
        return rtrim(preg_replace('~^https?://~i', '', $url), '/');
    }

    private function text(string $value): string
    {
        return preg_replace_callback($this->pattern, $this->replacement(...), $value, -1, $count, PREG_UNMATCHED_AS_NULL)
            ?? throw new RuntimeException(preg_last_error_msg());
    }

    private function replacement(array $match): string
    {
        ['slash' => $slash, 'colon' => $colon, 'more' => $more, 'folder' => $folder] = $match;
        $path = $folder === null ? null : strtr($this->folders[strtolower(str_replace($slash, '/', $folder))], ['/' => $slash]);
        if ($this->new === '') {
            return $path ?? $slash;
        }
        [$scheme, $place] = explode('://', $this->new);
        $colonInPlace = str_starts_with($slash, '%') ? str_replace('2F', '3A', strtoupper($slash)) : ':';
        $place = strtr($place, ['/' => $slash, ':' => $colonInPlace]);
        return ($colon === null ? '' : $scheme . $colon) . $slash . $slash . $place . ($path ?? $more);
    }

    /** The value, if PHP's serialize() has made it. */
    private function serialized(string $value): ?string
    {
        if (!preg_match('/^(?:[aOCsE]:\d)/', $value)) {
            return null;
        }
        $at = 0;
        try {
            $rewritten = $this->item($value, $at);
        } catch (UnexpectedValueException) {
            return null;
        }
        $rest = substr($value, $at);
        return trim($rest) === '' ? $rewritten . $rest : null;
    }

    private function item(string $value, int &$at, int $depth = 0): string
    {
        if ($depth > 500) {
            throw new UnexpectedValueException();
        }
        switch ($value[$at] ?? '') {
            case 'N':
                return $this->take('N;', $value, $at)[0];
            case 'b':
            case 'i':
            case 'd':
            case 'r':
            case 'R':
                return $this->take('[bidrR]:[^;]+;', $value, $at)[0];
            case 'E':
                [$head, $length] = $this->take('E:(\d+):"', $value, $at);
                return $head . $this->bytes((int) $length, '";', $value, $at) . '";';
            case 's':
                [, $length] = $this->take('s:(\d+):"', $value, $at);
                $text = $this->rewrite($this->bytes((int) $length, '";', $value, $at));
                return 's:' . strlen($text) . ":\"$text\";";
            case 'C':
                [, $class, $length] = $this->take('(C:\d+:"[^"]+":)(\d+):\{', $value, $at);
                $text = $this->rewrite($this->bytes((int) $length, '}', $value, $at));
                return $class . strlen($text) . ":{{$text}}";
            default:
                [$head, $count] = $this->take('(?:a|O:\d+:"[^"]+"):(\d+):\{', $value, $at);
                $items = '';
                for ($left = 2 * (int) $count; $left > 0; $left--) {
                    $items .= $this->item($value, $at, $depth + 1);
                }
                return $head . $items . $this->take('\}', $value, $at)[0];
        }
    }

    /** @return string[] */
    private function take(string $pattern, string $value, int &$at): array
    {
        if (!preg_match("/$pattern/A", $value, $match, 0, $at)) {
            throw new UnexpectedValueException();
        }
        $at += strlen($match[0]);
        return $match;
    }

    private function bytes(int $length, string $end, string $value, int &$at): string
    {
        $bytes = substr($value, $at, $length);
        $at += $length;
        if (strlen($bytes) !== $length || substr_compare($value, $end, $at, strlen($end)) !== 0) {
            throw new UnexpectedValueException();
        }
        $at += strlen($end);
        return $bytes;
    }
}
