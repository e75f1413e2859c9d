#!/usr/bin/env php
<?php
/** data-release: the version of the tables that this image's WordPress writes, which no older one takes. */

declare(strict_types=1);

require '/srv/wordpress/wp-includes/version.php';
echo "$wp_db_version (WordPress $wp_version)\n";
