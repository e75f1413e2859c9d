<?php

declare(strict_types=1);

/** Where the old site had its files, as paths below its address, and where they are here. */
final class Folders
{
    private const CONTENT = '/wp-content';
    private const KINDS = ['uploads', 'plugins', 'themes'];
    /** Bedrock's, which has WordPress in a folder of its own beside. */
    private const BEDROCK = '/app';

    /**
     * @param string[] $addresses Of the site, and of WordPress.
     * @param iterable<array{string, string}> $pictures The address of each, and its path in the uploads.
     * @param ?string $name Of the folder with the files, where there is one.
     * @return array<string, string>
     */
    public static function moved(array $addresses, iterable $pictures, ?string $name): array
    {
        $uploads = self::uploads($addresses, $pictures);
        $contents = array_map(
            static fn (string $path) => substr($path, 0, -strlen('/uploads')),
            array_filter($uploads, static fn (string $path) => str_ends_with($path, '/uploads')),
        );
        if ($name !== null) {
            $contents[] = "/$name";
        } elseif ($uploads === [] && self::isBedrock(array_map(self::place(...), $addresses))) {
            $contents[] = self::BEDROCK;
        }
        $moved = array_fill_keys($uploads, self::CONTENT . '/uploads');
        foreach (array_diff($contents, [self::CONTENT]) as $content) {
            foreach (self::KINDS as $kind) {
                $moved["$content/$kind"] = self::CONTENT . "/$kind";
            }
        }
        unset($moved[self::CONTENT . '/uploads']);
        return $moved;
    }

    /** @param string[] $places */
    private static function isBedrock(array $places): bool
    {
        return array_intersect(array_map(static fn (string $place) => "$place/wp", $places), $places) !== [];
    }

    /** @return string[] */
    private static function uploads(array $addresses, iterable $pictures): array
    {
        $places = array_map(self::place(...), $addresses);
        usort($places, static fn (string $a, string $b) => strlen($b) <=> strlen($a));
        $found = [];
        foreach ($pictures as [$url, $file]) {
            $folder = self::place(substr($url, 0, -strlen("/$file")));
            if (!str_ends_with($url, "/$file")) {
                continue;
            }
            foreach ($places as $place) {
                if (str_starts_with($folder, "$place/")) {
                    $found[substr($folder, strlen($place))] = true;
                    break;
                }
            }
        }
        return array_keys($found);
    }

    /** Without the scheme. */
    private static function place(string $url): string
    {
        return rtrim(preg_replace('~^https?://~i', '', $url), '/');
    }
}
