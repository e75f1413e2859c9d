<?php
/** Everything comes from the environment and the mounted secret. */

declare(strict_types=1);

// Hashed as the key must be of exactly 32 bytes.
$cfg['blowfish_secret'] = hash('sha256', file_get_contents(getenv('PMA_BLOWFISH_SECRET_FILE')), true);

$cfg['Servers'][1] = [
    'host' => getenv('PMA_HOST'),
    'port' => getenv('PMA_PORT') ?: '3306',
    'auth_type' => 'cookie',
    'AllowRoot' => getenv('PMA_ALLOW_ROOT') === 'true',
    'AllowNoPassword' => false,
];

$cfg['SessionSavePath'] = getenv('PMA_SESSIONS') ?: '/tmp';
$cfg['TempDir'] = '/tmp/phpmyadmin';
$cfg['ExecTimeLimit'] = 300;
$cfg['VersionCheck'] = false;
$cfg['SendErrorReports'] = 'never';
$cfg['PmaNoRelation_DisableWarning'] = true;

// A proxy that serves this under a folder of its own says which. Of several the outermost is the first.
$host = $_SERVER['HTTP_HOST'] ?? '';
$prefix = preg_replace('~/?\s*,\s*~', '', $_SERVER['HTTP_X_FORWARDED_PREFIX'] ?? '');
if (
    preg_match('~^(/[\w.-]+)+/?$~D', $prefix)
    && preg_match('/^([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/iD', $host)
) {
    $scheme = ($_SERVER['HTTPS'] ?? '') === 'on' ? 'https' : 'http';
    $cfg['PmaAbsoluteUri'] = "$scheme://$host" . rtrim($prefix, '/') . '/';
}
