<?php

declare(strict_types=1);

/** Whether the imported plugins and theme can be loaded by this PHP and this WordPress, which may be years newer. */
final class Trial
{
    private const LOADED = 'everything was loaded';
    private const PROGRAM = <<<'PHP'
        $_SERVER += ['HTTP_HOST' => 'localhost', 'REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/', 'SERVER_PROTOCOL' => 'HTTP/1.1'];
        require '/srv/wordpress/wp-load.php';
        echo PHP_EOL . 'everything was loaded';
        PHP;

    /** What stops WordPress from loading; null if nothing does. */
    public static function failure(): ?string
    {
        $pipes = [];
        $php = proc_open(
            ['timeout', '60', 'php', '-d', 'display_errors=stderr', '-d', 'html_errors=0', '-d', 'error_log=', '-r', self::PROGRAM],
            [['file', '/dev/null', 'r'], ['file', '/tmp/import-trial.out', 'w'], ['file', '/tmp/import-trial.err', 'w']],
            $pipes,
        );
        proc_close($php);
        $said = [file_get_contents('/tmp/import-trial.out'), file_get_contents('/tmp/import-trial.err')];
        array_map(unlink(...), ['/tmp/import-trial.out', '/tmp/import-trial.err']);
        if (str_ends_with($said[0], self::LOADED)) {
            return null;
        }
        preg_match('/Fatal error: *(.*)/', "$said[1]\n$said[0]", $match);
        return preg_replace('~/var/lib/wp-content/~', '', $match[1] ?? 'it ends without a word');
    }
}
