<?php
/** Everything comes from the environment and the mounted secrets, anew with every request. */

(static function (): void {
    $secret = static fn (string $name): string => rtrim(file_get_contents(getenv("{$name}_FILE")), "\n");

    define('DB_HOST', getenv('WORDPRESS_DB_HOST'));
    define('DB_NAME', getenv('WORDPRESS_DB_NAME'));
    define('DB_USER', $secret('WORDPRESS_DB_USER'));
    define('DB_PASSWORD', $secret('WORDPRESS_DB_PASSWORD'));
    define('DB_CHARSET', 'utf8mb4');
    define('DB_COLLATE', '');

    $key = $secret('WORDPRESS_SECRET_KEY');
    foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $use) {
        define("{$use}_KEY", hash_hmac('sha256', "$use key", $key));
        define("{$use}_SALT", hash_hmac('sha256', "$use salt", $key));
    }

    // A fixed address holds whatever the request says; without one the site makes its links to where it is asked.
    $address = rtrim((string) getenv('WORDPRESS_HOST'), '/');
    if ($address !== '') {
        [$scheme, $host] = explode('://', $address);
        $_SERVER['HTTPS'] = $scheme === 'https' ? 'on' : 'off';
        $_SERVER['HTTP_HOST'] = $host;
    } else {
        $scheme = ($_SERVER['HTTPS'] ?? '') === 'on' ? 'https' : 'http';
        $host = $_SERVER['HTTP_HOST'] ?? '';
        if (!preg_match('/^([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/iD', $host)) {
            http_response_code(400);
            exit("The Host header is not a host.\n");
        }
        $address = "$scheme://$host";
    }
    define('WP_HOME', $address);
    define('WP_SITEURL', $address);
    define('WP_CONTENT_DIR', '/var/lib/wp-content');

    define('DISALLOW_FILE_EDIT', true);
    define('AUTOMATIC_UPDATER_DISABLED', true);
    define('WP_HTTP_BLOCK_EXTERNAL', true);
    define('FS_METHOD', 'direct');
})();

$table_prefix = 'wp_';

// The address that readers use may not lead back here from inside the cluster: what WordPress asks of itself, for work that
// is due or for Site Health, it asks where only this pod can.
$wp_filter['pre_http_request'][10][] = [
    'accepted_args' => 3,
    'function' => static function (mixed $response, array $arguments, string $url): mixed {
        $own = substr($url, strlen(WP_SITEURL));
        if ($response !== false || !str_starts_with($url, WP_SITEURL) || !preg_match('~^/(wp-cron\.php|wp-json/|index\.php\?rest_route=)~', $own)) {
            return $response;
        }
        $arguments['headers'] = [
            ...(array) $arguments['headers'],
            'Host' => $_SERVER['HTTP_HOST'],
            'X-Forwarded-Proto' => is_ssl() ? 'https' : 'http',
        ];
        return wp_remote_request("http://localhost:5051$own", $arguments);
    },
];

require_once ABSPATH . 'wp-settings.php';
