#!/usr/bin/env -S php -c /etc/wordpress
<?php
/**
 * Brings the database and wp-content to what site.json describes.
 *
 * Safe to run again, to run twice at once and to kill: one run at a time holds a lock in the database,
 * and what it adds is one transaction.
 */

declare(strict_types=1);

const BUNDLED_CONTENT = '/srv/wp-content';
const SITE = '/etc/wordpress/site.json';
const SECONDS_TO_WAIT_FOR_DATABASE = 300;
const SECONDS_TO_WAIT_FOR_LOCK = 300;

const MISUSE = 64;
const FAILURE = 1;

function say(string $message, string $level = 'info'): void
{
    fwrite(STDERR, gmdate('Y-m-d\TH:i:s\Z') . " $level wordpress-setup: $message\n");
}

function give_up(string $message, int $status = FAILURE): never
{
    say($message, 'error');
    exit($status);
}

/** Every account that the site must have, the administrator first. */
function accounts_of(stdClass $site): array
{
    $site->admin->role = 'administrator';
    $accounts = [$site->admin, ...$site->users];
    foreach ($accounts as $account) {
        $file = getenv('WORDPRESS_USERS_DIR') . "/$account->login";
        $account->password = is_readable($file) ? trim(file_get_contents($file)) : '';
        if ($account->password === '') {
            give_up("$file, the password of '$account->login', is missing, empty or not readable", MISUSE);
        }
    }
    return $accounts;
}

function connect_to_database(): mysqli
{
    $secret = static fn (string $name): string => rtrim(file_get_contents(getenv("{$name}_FILE")), "\n");
    $address = getenv('WORDPRESS_DB_HOST');
    [$host, $port] = explode(':', $address) + [1 => '3306'];
    $database = getenv('WORDPRESS_DB_NAME');

    for ($second = 0; ; $second++) {
        try {
            $connection = mysqli_init();
            $connection->options(MYSQLI_OPT_CONNECT_TIMEOUT, 5);
            @$connection->real_connect(
                $host,
                $secret('WORDPRESS_DB_USER'),
                $secret('WORDPRESS_DB_PASSWORD'),
                $database,
                (int) $port,
            );
            return $connection;
        } catch (mysqli_sql_exception $refusal) {
            if ($second === SECONDS_TO_WAIT_FOR_DATABASE) {
                give_up("no database '$database' at $address: {$refusal->getMessage()}");
            }
            if ($second % 5 === 0) {
                say("waiting for database '$database' at $address: {$refusal->getMessage()}");
            }
            sleep(1);
        }
    }
}

/** The lock lasts as long as the connection. Its name is of the database, as the server's other sites have their own. */
function take_lock(mysqli $connection): void
{
    $lock = "GET_LOCK(MD5(CONCAT('wordpress-setup ', DATABASE())), " . SECONDS_TO_WAIT_FOR_LOCK . ')';
    if (!$connection->query("SELECT $lock")->fetch_column()) {
        give_up('another wordpress-setup has held the lock for ' . SECONDS_TO_WAIT_FOR_LOCK . ' s');
    }
}

/** The image's own themes and plugins are links into the image, so that a new image brings them along. */
function link_bundled_content(): void
{
    foreach (['plugins', 'themes'] as $kind) {
        $folder = WP_CONTENT_DIR . "/$kind";
        if (!wp_mkdir_p($folder)) {
            give_up("$folder cannot be made by user " . posix_geteuid());
        }
        foreach (glob("$folder/*") as $path) {
            if (is_link($path) && !file_exists($path)) {
                unlink($path);
            }
        }
        foreach (glob(BUNDLED_CONTENT . "/$kind/*") as $bundled) {
            link_in_place_of("$folder/" . basename($bundled), $bundled);
        }
    }
}

function link_in_place_of(string $path, string $target): void
{
    if (is_link($path) && readlink($path) === $target) {
        return;
    }
    if (is_dir($path) && !is_link($path)) {
        (new WP_Filesystem_Direct(null))->delete($path, true);
    }
    $link = dirname($path) . '/.' . basename($path);
    @unlink($link);
    if (!symlink($target, $link) || !rename($link, $path)) {
        give_up("$path cannot be replaced by user " . posix_geteuid());
    }
}

/** Without its theme a site is a blank page, and a new image may not have that of the old one. */
function replace_missing_theme(): void
{
    wp_clean_themes_cache();
    $missing = wp_get_theme();
    $default = WP_Theme::get_core_default_theme();
    if (!$missing->exists() && $default) {
        switch_theme($default->get_stylesheet());
        say("the theme '{$missing->get_stylesheet()}' is gone, the site has '{$default->get_stylesheet()}' now", 'warning');
    }
}

function is_installed(): bool
{
    global $wpdb;
    return $wpdb->get_var("SELECT option_value FROM $wpdb->options WHERE option_name = 'siteurl'") !== null;
}

/** An older WordPress would take a newer one's tables for its own, and note them as older than they are. */
function refuse_newer_database(): void
{
    global $wp_db_version, $wp_version;
    $found = (int) get_option('db_version');
    if ($found > $wp_db_version) {
        give_up(
            "the database is of a newer WordPress (its tables have version $found, those of $wp_version $wp_db_version): " .
            'run an image of that version or newer, or restore a backup',
            MISUSE,
        );
    }
}

function install(string $title, stdClass $admin): void
{
    global $wpdb, $wp_rewrite;

    $installed = wp_install($title, $admin->login, $admin->email, true, '', wp_slash($admin->password));
    $wp_rewrite->set_permalink_structure('/%year%/%monthnum%/%postname%/');

    // The address known here is not the one that readers use.
    $wpdb->update($wpdb->users, ['user_url' => ''], ['ID' => $installed['user_id']]);
    $wpdb->query($wpdb->prepare("UPDATE $wpdb->posts SET post_content = REPLACE(post_content, %s, '')", home_url()));
    say("installed '$title' with administrator '$admin->login'");
}

function create_missing(array $accounts): void
{
    foreach ($accounts as $account) {
        if (username_exists($account->login)) {
            continue;
        }
        if (!wp_roles()->is_role($account->role)) {
            $roles = implode(', ', array_keys(wp_roles()->roles));
            give_up("user '$account->login' has the role '$account->role'; use one of $roles", MISUSE);
        }
        $id = wp_insert_user([
            'user_login' => $account->login,
            'user_email' => $account->email,
            'user_pass' => wp_slash($account->password),
            'role' => $account->role,
        ]);
        if (is_wp_error($id)) {
            give_up("user '$account->login': {$id->get_error_message()}");
        }
        say("created $account->role '$account->login'");
    }
}

/** Takes the place of WordPress's own, which sends a mail. */
function wp_new_blog_notification(): void
{
}

try {
    $site = json_decode(file_get_contents(SITE), flags: JSON_THROW_ON_ERROR);
} catch (JsonException $error) {
    give_up(SITE . ": {$error->getMessage()}", MISUSE);
}
$accounts = accounts_of($site);
$connection = connect_to_database();
take_lock($connection);

define('WP_INSTALLING', true);
// Lets WordPress load when a killed run has left some tables and no site.
define('WP_REPAIRING', true);
// Before the first run there are no tables: no error, for all that WordPress asks of them as it loads.
$wp_filter['muplugins_loaded'][10][] = [
    'accepted_args' => 0,
    'function' => static fn () => $GLOBALS['wpdb']->suppress_errors(),
];
$_SERVER['HTTP_HOST'] = 'localhost';
$wp_filter['wp_die_handler'][10][] = [
    'accepted_args' => 0,
    'function' => static fn () => static fn ($error) => give_up(
        trim(preg_replace('/\s+/', ' ', strip_tags(is_wp_error($error) ? $error->get_error_message() : $error)))
    ),
];
require '/srv/wordpress/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
require_once ABSPATH . 'wp-admin/includes/class-wp-filesystem-base.php';
require_once ABSPATH . 'wp-admin/includes/class-wp-filesystem-direct.php';

add_filter('pre_http_request', static fn () => new WP_Error('offline', 'wordpress-setup makes no requests'));
// A new connection would carry on outside the transaction.
$wpdb->reconnect_retries = 0;

$installed = is_installed();
$wpdb->suppress_errors(false);

if ($installed) {
    refuse_newer_database();
}
link_bundled_content();

// Statements that make or alter tables commit, so they come before the transaction.
$installed ? wp_upgrade() : make_db_current_silent();
$wpdb->query('START TRANSACTION');
if (!$installed) {
    install($site->title, $site->admin);
}
replace_missing_theme();
create_missing($accounts);
if ($wpdb->query('COMMIT') === false) {
    give_up("the database did not keep the changes: $wpdb->last_error");
}
say('ready');
