<?php

declare(strict_types=1);

require_once __DIR__ . '/refusal.php';

/** Uploads, plugins and themes of another site: unpacked beside those of this one, then exchanged by renaming. */
final class Content
{
    private const FOLDER = '/var/lib/wp-content';
    private const NEW = self::FOLDER . '/.import-new';
    private const OLD = self::FOLDER . '/.import-old';
    private const RUN = self::NEW . '/.run';
    private const NAME = self::NEW . '/.name';
    /** Each is exchanged as a whole. */
    private const WHOLE = ['uploads', 'languages', 'fonts'];
    /** Each is exchanged one by one, as those of the image stay. */
    private const ONE_BY_ONE = ['plugins', 'themes'];
    /** Made anew, or of no use: not even told. */
    private const TRANSIENT = ['cache', 'upgrade', 'upgrade-temp-backup', 'index.php'];
    /** What nginx here does not serve, and no site needs among its uploads. */
    private const PROGRAM = '/\.(?:ph(?:p\d?|ar|tml|ps)|cgi|pl|py|sh|htaccess)$/i';

    /** Removes what an import that was interrupted has left. */
    public static function forget(): void
    {
        self::run(['rm', '-rf', self::NEW, self::OLD]);
    }

    /**
     * @param iterable<string> $chunks An archive of tar: wp-content, or a folder around it, or uploads.
     * @param ?string $name Of the folder that was packed, where it was one.
     */
    public static function unpack(iterable $chunks, string $run, ?string $name): void
    {
        self::forget();
        self::mkdir(self::NEW . '/archive');
        $pipes = [];
        $tar = proc_open(
            ['tar', '--extract', '--no-same-owner', '--no-same-permissions', '--directory', self::NEW . '/archive'],
            [['pipe', 'r'], STDERR, STDERR],
            $pipes,
        );
        $bytes = 0;
        foreach ($chunks as $chunk) {
            if (@fwrite($pipes[0], $chunk) !== strlen($chunk)) {
                break;
            }
            if ($bytes >> 26 !== ($bytes += strlen($chunk)) >> 26) {
                say(($bytes >> 20) . ' MB');
            }
        }
        fclose($pipes[0]);
        if (proc_close($tar) !== 0) {
            throw new Refusal('the files cannot be unpacked', 'name their folder, or an archive of tar, packed with gzip or not');
        }
        self::run(['find', self::NEW . '/archive', '!', '-type', 'd', '!', '-type', 'f', '-delete']);
        self::run(['chmod', '-R', 'ug+rwX,o+rX', self::NEW . '/archive']);
        self::choose($name);
        file_put_contents(self::RUN, $run);
    }

    /** What the folder with the files was called; null if there was none, or none that is known. */
    public static function name(): ?string
    {
        return is_file(self::NAME) ? file_get_contents(self::NAME) : null;
    }

    public static function isOf(string $run): bool
    {
        return is_file(self::RUN) && file_get_contents(self::RUN) === $run;
    }

    /** Whether a plugin or a theme is here, or about to be. */
    public static function has(string $path): bool
    {
        return file_exists(self::NEW . "/$path") || file_exists(self::FOLDER . "/$path");
    }

    public static function exchange(): void
    {
        self::mkdir(self::OLD);
        foreach (self::WHOLE as $kind) {
            self::exchangeOne($kind);
        }
        foreach (self::ONE_BY_ONE as $kind) {
            foreach (self::in(self::NEW . "/$kind") as $name) {
                if (!is_link(self::FOLDER . "/$kind/$name")) {
                    self::mkdir(self::OLD . "/$kind");
                    self::exchangeOne("$kind/$name");
                }
            }
        }
        self::forget();
    }

    private static function choose(?string $name): void
    {
        $found = self::contentIn(self::NEW . '/archive');
        if ($found['.'] !== self::NEW . '/archive') {
            $name = basename($found['.']);
        }
        if ($name !== null && !isset($found['uploads'])) {
            file_put_contents(self::NAME, $name);
        }
        $left = [];
        foreach (self::in($found['.']) as $name) {
            $path = "{$found['.']}/$name";
            if (in_array($name, [...self::WHOLE, ...self::ONE_BY_ONE], true) && is_dir($path)) {
                rename($path, self::NEW . "/$name");
            } elseif (!in_array($name, self::TRANSIENT, true)) {
                $left[] = $name;
            }
        }
        if (isset($found['uploads'])) {
            rename($found['uploads'], self::NEW . '/uploads');
            $left = [];
        }
        self::run(['rm', '-rf', self::NEW . '/archive']);
        if ($left !== []) {
            tell('left out, as they are for the old server or for a plugin to make anew: ' . implode(', ', $left));
        }
        self::leaveOutPrograms();
        foreach ([...self::WHOLE, ...self::ONE_BY_ONE] as $kind) {
            $names = self::in(self::NEW . "/$kind");
            if ($names !== []) {
                tell($kind . ': ' . (in_array($kind, self::WHOLE, true) ? self::files($kind) . ' files' : implode(', ', $names)));
            }
        }
    }

    /** @return array{'.': string, uploads?: string} The folder that is wp-content, or the one that is uploads. */
    private static function contentIn(string $archive): array
    {
        $level = [$archive];
        for ($depth = 0; $depth < 4 && $level !== []; $depth++) {
            $next = [];
            foreach ($level as $folder) {
                $names = self::in($folder);
                if (in_array('wp-content', $names, true)) {
                    return ['.' => "$folder/wp-content"];
                }
                if (array_intersect($names, ['uploads', 'plugins', 'themes']) !== []) {
                    return ['.' => $folder];
                }
                if (preg_grep('/^(19|20)\d\d$/', $names)) {
                    return ['.' => $folder, 'uploads' => $folder];
                }
                foreach ($names as $name) {
                    if (is_dir("$folder/$name")) {
                        $next[] = "$folder/$name";
                    }
                }
            }
            $level = $next;
        }
        throw new Refusal("the files have neither 'wp-content' nor 'uploads' among them", 'name the folder that has them');
    }

    private static function leaveOutPrograms(): void
    {
        $programs = array_values(array_filter(
            self::walk('uploads'),
            static fn (string $path) => preg_match(self::PROGRAM, $path) === 1,
        ));
        foreach ($programs as $path) {
            unlink(self::NEW . "/$path");
        }
        if ($programs !== []) {
            $more = count($programs) > 5 ? ' and ' . (count($programs) - 5) . ' more' : '';
            tell('left out, as programs are no uploads: ' . implode(', ', array_slice($programs, 0, 5)) . $more);
        }
    }

    private static function files(string $kind): int
    {
        return count(self::walk($kind));
    }

    /** @return string[] */
    private static function walk(string $kind): array
    {
        $paths = [];
        if (is_dir(self::NEW . "/$kind")) {
            $all = new RecursiveDirectoryIterator(self::NEW . "/$kind", FilesystemIterator::SKIP_DOTS);
            foreach (new RecursiveIteratorIterator($all) as $path => $_) {
                $paths[] = substr($path, strlen(self::NEW) + 1);
            }
        }
        return $paths;
    }

    private static function exchangeOne(string $path): void
    {
        if (!file_exists(self::NEW . "/$path")) {
            return;
        }
        if (file_exists(self::FOLDER . "/$path")) {
            rename(self::FOLDER . "/$path", self::OLD . "/$path");
        } else {
            self::mkdir(dirname(self::FOLDER . "/$path"));
        }
        if (!rename(self::NEW . "/$path", self::FOLDER . "/$path")) {
            throw new RuntimeException("wp-content/$path cannot be replaced");
        }
    }

    /** @return string[] */
    private static function in(string $folder): array
    {
        return is_dir($folder) ? array_values(array_diff(scandir($folder), ['.', '..'])) : [];
    }

    private static function mkdir(string $folder): void
    {
        if (!is_dir($folder) && !mkdir($folder, 0775, true)) {
            throw new RuntimeException("$folder cannot be made");
        }
    }

    private static function run(array $command): void
    {
        $pipes = [];
        if (proc_close(proc_open($command, [], $pipes)) !== 0) {
            throw new RuntimeException(implode(' ', $command) . ' failed');
        }
    }
}
