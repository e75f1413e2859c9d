#!/usr/bin/env -S php -d memory_limit=384M -d display_errors=stderr
<?php
/**
 * wordpress-import check|content|database|finish|forget: brings another site's database and files in place of this one's.
 *
 * Database and files come on standard input and are put beside what there is; to finish is to exchange both. What an
 * interrupted run leaves behind is removed by the next one. Facts for the user go to standard output, the log to
 * standard error.
 */

declare(strict_types=1);

const LIBRARY = '/usr/local/lib/wordpress-import';
const SITE = '/etc/wordpress/site.json';
const WORDPRESS = '/srv/wordpress';
const SECONDS_TO_WAIT_FOR_LOCK = 10;

const FAILURE = 1;
const NOT_EMPTY = 3;
const MISUSE = 64;
const REFUSED = 65;

require LIBRARY . '/site.php';

function say(string $message, string $level = 'info'): void
{
    @fwrite(STDERR, gmdate('Y-m-d\TH:i:s\Z') . " $level wordpress-import: $message\n");
}

function tell(string $fact): void
{
    @fwrite(STDOUT, "$fact\n");
}

function quoted(string $name): string
{
    return '`' . str_replace('`', '``', $name) . '`';
}

function connect(): mysqli
{
    $secret = static fn (string $name): string => rtrim(file_get_contents(getenv("{$name}_FILE")), "\n");
    [$host, $port] = explode(':', getenv('WORDPRESS_DB_HOST')) + [1 => '3306'];
    $connection = new mysqli(
        $host,
        $secret('WORDPRESS_DB_USER'),
        $secret('WORDPRESS_DB_PASSWORD'),
        getenv('WORDPRESS_DB_NAME'),
        (int) $port,
    );
    $connection->set_charset('utf8mb4');
    $connection->query('SET lock_wait_timeout = 60');
    return $connection;
}

/** The lock lasts as long as the connection. */
function take_lock(mysqli $connection, string $program): void
{
    $lock = "GET_LOCK(MD5(CONCAT('$program ', DATABASE())), " . SECONDS_TO_WAIT_FOR_LOCK . ')';
    if (!$connection->query("SELECT $lock")->fetch_column()) {
        throw new RuntimeException("another $program is under way for this site");
    }
}

/** What the other side sends: pieces, each after its length, and a length of 0. It stays there until all is done. */
function frames(): Generator
{
    while (($length = (int) fgets(STDIN)) > 0) {
        $chunk = stream_get_contents(STDIN, $length);
        if (strlen($chunk) !== $length) {
            break;
        }
        yield $chunk;
    }
    if ($length !== 0 || feof(STDIN)) {
        throw new RuntimeException('interrupted');
    }
}

/** Ends when nobody is there any more who waits for it. */
function goes_on(): void
{
    $read = [STDIN];
    $none = null;
    if (stream_select($read, $none, $none, 0) && fgetc(STDIN) === false) {
        throw new RuntimeException('interrupted');
    }
}

function import_database(mysqli $db, Site $site, array $logins, array $options): void
{
    $dump = new Dump($db, $options['old-database'] ?? null);
    $dump->load(frames());
    foreach ($dump->leftOut as $what => $count) {
        tell("left out: $count $what");
    }
    say('the dump is loaded');
    $site->find($dump, $options['prefix'] ?? '');
    $site->checkVersion(isset($options['take-newer']));
    $old = [...$site->addresses(), ...(array) ($options['old-url'] ?? [])];
    if ($old === []) {
        throw new Refusal('the dump does not say the address of its site', 'say it with --old-url');
    }
    $new = rtrim($options['new-url'] ?? (string) getenv('WORDPRESS_HOST'), '/');
    say('rewriting ' . implode(' and ', array_unique($old)));
    $site->rewrite(new Addresses($old, $new, $site->folders($old, Content::name())), goes_on(...));
    $site->adapt($new === '' ? 'http://localhost' : $new);
    $site->keepAccounts($logins);
    $site->checkTheme(default_theme());
    goes_on();
    $site->markReady($options['run']);
}

/** What was not committed would be waited for. */
function forget_database(mysqli $db): void
{
    $db->rollback();
    (new Site($db))->forget();
}

function default_theme(): string
{
    $bundled = array_map(basename(...), glob('/srv/wp-content/themes/*', GLOB_ONLYDIR));
    return end($bundled);
}

function finish(mysqli $db, Site $site, array $options): void
{
    $content = isset($options['content']);
    if (!$site->isReady($options['run']) || ($content && !Content::isOf($options['run']))) {
        throw new RuntimeException('another import has come between');
    }
    take_lock($db, 'wordpress-setup');
    $site->exchange();
    if ($content) {
        Content::exchange();
    }
    $site->switchOffWhatFails(default_theme());
    $site->finish();
    $site->tellUsers();
}

set_error_handler(static function (int $level, string $message, string $file, int $line): bool {
    if (error_reporting() & $level) {
        throw new ErrorException($message, 0, $level, $file, $line);
    }
    return true;
});
umask(0002);
set_time_limit(0);

$options = getopt('', ['run:', 'replace', 'content', 'old-url:', 'new-url:', 'prefix:', 'old-database:', 'take-newer', 'folder:'], $rest);
$command = $argv[$rest] ?? '';
try {
    if (!in_array($command, ['check', 'content', 'database', 'finish', 'forget'], true)) {
        say("the command is '$command'; use check, content, database, finish or forget, after the options", 'error');
        exit(MISUSE);
    }
    $declared = json_decode(file_get_contents(SITE), flags: JSON_THROW_ON_ERROR);
    $logins = array_column([$declared->admin, ...$declared->users], 'login');
    $db = connect();
    take_lock($db, 'wordpress-import');
    $site = new Site($db);
    if ($command === 'check') {
        $content = isset($options['replace']) ? null : $site->whyNotEmpty($logins);
        if ($content !== null) {
            say("the site has $content", 'error');
            exit(NOT_EMPTY);
        }
    }
    match ($command) {
        'content' => Content::unpack(frames(), $options['run'], $options['folder'] ?? null),
        'database' => import_database($db, $site, $logins, $options),
        'finish' => finish($db, $site, $options),
        'check', 'forget' => [$site->forget(), Content::forget()],
    };
} catch (Throwable $error) {
    say($error->getMessage(), 'error');
    if ($error instanceof Refusal && $error->remedy !== '') {
        say("next: $error->remedy");
    }
    try {
        match ($command) {
            'content' => Content::forget(),
            'database' => forget_database($db),
            default => null,
        };
    } catch (Throwable $another) {
        say("what is left is removed by the next run: {$another->getMessage()}");
    }
    exit($error instanceof Refusal ? REFUSED : FAILURE);
}
