<?php

declare(strict_types=1);

require_once __DIR__ . '/addresses.php';
require_once __DIR__ . '/content.php';
require_once __DIR__ . '/dump.php';
require_once __DIR__ . '/folders.php';
require_once __DIR__ . '/refusal.php';
require_once __DIR__ . '/trial.php';

/** The tables of a site that are beside those of this one: brought to what they are here, then exchanged with them. */
final class Site
{
    private const OURS = 'wp_';
    private const OLD = 'was~';
    /** Says of which run the tables are; with the exchange it becomes the other one, which is there until all is done. */
    private const READY = Dump::PREFIX . 'ready';
    private const UNFINISHED = 'unfinished~import';
    private const TABLES = ['comments', 'options', 'postmeta', 'posts', 'term_taxonomy', 'terms', 'usermeta', 'users'];
    private const TEXT = ['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'json'];
    private const BYTES = ['tinyblob', 'blob', 'mediumblob', 'longblob'];
    private const TOO_LONG = 1406;
    private const DUPLICATE = 1062;

    private string $prefix = '';

    public function __construct(private readonly mysqli $db)
    {
    }

    /** Why this site is not to be replaced; null if nobody has used it, or if an import of it was not finished. */
    public function whyNotEmpty(array $logins): ?string
    {
        if ($this->has(self::UNFINISHED) || !$this->has(self::OURS . 'posts')) {
            return null;
        }
        $posts = $this->value(
            "SELECT COUNT(*) FROM wp_posts WHERE post_status NOT IN ('auto-draft', 'inherit') AND post_type NOT LIKE 'wp\\_%' AND post_type <> 'oembed_cache'
                AND (ID > 3 OR post_modified_gmt > post_date_gmt + INTERVAL 5 MINUTE)
                OR post_type = 'attachment'",
        );
        $comments = $this->value('SELECT COUNT(*) FROM wp_comments WHERE comment_ID > 1');
        $users = $this->value('SELECT COUNT(*) FROM wp_users WHERE user_login NOT IN (' . $this->list($logins) . ')');
        $counts = array_filter(['posts, pages or files' => $posts, 'comments' => $comments, 'users of its own' => $users]);
        return $counts === [] ? null : implode(', ', array_map(
            static fn (string $what, string $count) => "$count $what",
            array_keys($counts),
            $counts,
        ));
    }

    /** Drops what an import that was interrupted has left. */
    public function forget(): void
    {
        $this->db->query('SET foreign_key_checks = 0');
        foreach ([...$this->tables(Dump::PREFIX), ...$this->tables(self::OLD)] as $table) {
            $this->db->query('DROP TABLE ' . quoted($table));
        }
    }

    /** Finds the one site among the tables that were loaded, and refuses what would not run here. */
    public function find(Dump $dump, string $prefix): void
    {
        $loaded = array_map(static fn (string $table) => substr($table, strlen(Dump::PREFIX)), $this->tables(Dump::PREFIX));
        $all = array_unique([...$loaded, ...array_keys($dump->failures)]);
        $this->prefix = $this->prefixAmong($all, $prefix);
        $isOurs = fn (string $table) => str_starts_with($table, $this->prefix);
        if (array_intersect([$this->prefix . 'blogs', $this->prefix . 'site'], $all) !== []) {
            throw new Refusal('the dump is of a network of sites (multisite), which is not supported', 'export one site of it');
        }
        $databases = array_unique(array_merge(...array_values(array_filter($dump->databases, $isOurs, ARRAY_FILTER_USE_KEY))));
        if (count($databases) > 1) {
            throw new Refusal(
                "the dump has tables with the prefix '$this->prefix' of several databases: "
                    . implode(', ', array_map(static fn (string $name) => $name ?: 'one without a name', $databases)),
                'say which with --old-database',
            );
        }
        foreach (array_filter($dump->failures, $isOurs, ARRAY_FILTER_USE_KEY) as $table => $failure) {
            throw new Refusal(
                "table '$table' of the site cannot be had here: $failure",
                in_array(substr($table, strlen($this->prefix)), self::TABLES, true)
                    ? 'make the dump anew, with structure and data'
                    : "if the site does without, leave it out of the dump (--ignore-table=<database>.$table)",
            );
        }
        $others = array_filter($all, static fn (string $table) => !$isOurs($table));
        foreach (array_intersect($others, $loaded) as $table) {
            $this->db->query('DROP TABLE ' . quoted(Dump::PREFIX . $table));
        }
        if ($others !== []) {
            tell('left out, as they are not tables of the site: ' . implode(', ', $others));
        }
        $this->requireCounters();
        if ($this->value("SELECT COUNT(*) FROM {$this->table('options')}") === '0') {
            throw new Refusal('the dump has the tables of a site, but not what is in them', 'make it anew, with structure and data');
        }
        tell(count($all) - count($others) . " tables with the prefix '$this->prefix', of which WordPress' own have "
            . $this->value('SELECT COUNT(*) FROM ' . $this->table('posts')) . ' posts, pages, files and revisions, '
            . $this->value('SELECT COUNT(*) FROM ' . $this->table('comments')) . ' comments and '
            . $this->value('SELECT COUNT(*) FROM ' . $this->table('users')) . ' users');
    }

    /** @param string[] $tables */
    private function prefixAmong(array $tables, string $wanted): string
    {
        $prefixes = array_values(array_filter(
            array_map(static fn (string $table) => substr($table, 0, -strlen('options')), preg_grep('/.options$/', $tables)),
            static fn (string $one) => array_diff(array_map(static fn (string $table) => $one . $table, self::TABLES), $tables) === [],
        ));
        if ($prefixes === []) {
            throw new Refusal('the dump has no tables of WordPress, but ' . (implode(', ', array_slice($tables, 0, 8)) ?: 'none'));
        }
        if ($wanted === '' && count($prefixes) > 1) {
            throw new Refusal('the dump has several sites: ' . implode(', ', $prefixes), 'say which with --prefix');
        }
        if ($wanted !== '' && !in_array($wanted, $prefixes, true)) {
            throw new Refusal("the dump has no site with the prefix '$wanted'", 'use one of: ' . implode(', ', $prefixes));
        }
        return $wanted !== '' ? $wanted : $prefixes[0];
    }

    /** phpMyAdmin's dumps end with the keys, and do not say that they end: of one that is cut off all posts would get the number 0. */
    private function requireCounters(): void
    {
        $counting = array_column($this->db->execute_query(
            "SELECT table_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name LIKE ? AND extra LIKE '%auto_increment%'",
            [addcslashes(Dump::PREFIX . $this->prefix, '\\_%') . '%'],
        )->fetch_all(), 0);
        foreach (self::TABLES as $table) {
            if (!in_array(Dump::PREFIX . $this->prefix . $table, $counting, true)) {
                throw new Refusal("table '$this->prefix$table' has no AUTO_INCREMENT: the dump is cut off, or made without keys", 'make it anew, with structure and keys');
            }
        }
    }

    /**
     * An older WordPress does not start with tables of a newer one.
     *
     * @param bool $take Notes them as of this one instead.
     */
    public function checkVersion(bool $take): void
    {
        require WORDPRESS . '/wp-includes/version.php';
        $options = $this->table('options');
        $found = (int) $this->value("SELECT option_value FROM $options WHERE option_name = 'db_version'");
        if ($found <= $wp_db_version) {
            return;
        }
        if (!$take) {
            throw new Refusal(
                "the dump is of a newer WordPress: its tables have version $found, those of WordPress $wp_version, which is here, $wp_db_version",
                "give the site an image with that version or a newer one, or add --take-newer to keep the tables for WordPress $wp_version as they are",
            );
        }
        $this->db->query("UPDATE $options SET option_value = '$wp_db_version' WHERE option_name = 'db_version'");
        tell("the tables, of version $found, are noted as $wp_db_version, that of WordPress $wp_version; what only the newer one has is not seen");
    }

    /** Paths of files that are others here. */
    public function folders(array $addresses, ?string $name): array
    {
        $pictures = $this->db->query(
            "SELECT guid, meta_value FROM {$this->table('posts')} JOIN {$this->table('postmeta')} ON post_id = ID AND meta_key = '_wp_attached_file'
                WHERE post_type = 'attachment' AND meta_value <> '' ORDER BY ID DESC LIMIT 500",
        )->fetch_all();
        $moved = Folders::moved($addresses, $pictures, $name);
        if ($moved !== []) {
            tell('files that had other addresses: ' . implode(', ', array_map(
                static fn (string $old, string $new) => "$old/ is $new/",
                array_keys($moved),
                $moved,
            )));
        }
        return $moved;
    }

    /** @return string[] */
    public function addresses(): array
    {
        $found = $this->db->query("SELECT option_value FROM {$this->table('options')} WHERE option_name IN ('home', 'siteurl') AND option_value LIKE 'http%://%'");
        return array_column($found->fetch_all(), 0);
    }

    /** Names that begin with the prefix of the tables, and what is of the old server. */
    public function adapt(string $address): void
    {
        $options = $this->table('options');
        $usermeta = $this->table('usermeta');
        if ($this->prefix !== self::OURS) {
            $length = strlen($this->prefix);
            $like = $this->like($this->prefix) . '%';
            $renamed = "CONCAT('wp_', SUBSTRING(%s, " . ($length + 1) . '))';
            $key = sprintf($renamed, 'old.meta_key');
            $this->db->query("DELETE ours FROM $usermeta ours JOIN $usermeta old ON ours.user_id = old.user_id AND ours.meta_key = $key WHERE old.meta_key LIKE '$like'");
            $this->db->query('UPDATE ' . $usermeta . ' SET meta_key = ' . sprintf($renamed, 'meta_key') . " WHERE meta_key LIKE '$like'");
            $this->db->query("DELETE FROM $options WHERE option_name = 'wp_user_roles'");
            $this->db->query("UPDATE $options SET option_name = 'wp_user_roles' WHERE option_name = '{$this->like($this->prefix, false)}user_roles'");
        }
        $this->db->query("DELETE FROM $options WHERE option_name LIKE '\\_transient\\_%' OR option_name LIKE '\\_site\\_transient\\_%' OR option_name = 'rewrite_rules'");
        $this->db->query("DELETE FROM $usermeta WHERE meta_key = 'session_tokens'");
        $this->db->query("UPDATE $options SET option_value = '' WHERE option_name IN ('upload_path', 'upload_url_path')");
        foreach (['home', 'siteurl'] as $name) {
            $this->db->execute_query("DELETE FROM $options WHERE option_name = ?", [$name]);
            $this->db->execute_query("INSERT INTO $options (option_name, option_value) VALUES (?, ?)", [$name, $address]);
        }
        if ($this->value("SELECT COUNT(*) FROM $options WHERE option_name = 'wp_user_roles'") === '0') {
            $this->db->query("INSERT INTO $options (option_name, option_value) SELECT option_name, option_value FROM wp_options WHERE option_name = 'wp_user_roles'");
            tell('the dump does not say what users may do: it is as on this site');
        }
    }

    /** Every text of every table, a row at a time. */
    public function rewrite(Addresses $addresses, callable $goesOn): void
    {
        $values = 0;
        $left = [];
        foreach ($this->tables(Dump::PREFIX . $this->prefix) as $table) {
            [$changed, $kept] = $this->rewriteTable($table, $addresses, $goesOn);
            $values += $changed;
            foreach ($kept as $column) {
                $left[substr($table, strlen(Dump::PREFIX)) . ".$column"] = true;
            }
        }
        $to = $addresses->new === '' ? 'links relative to the site' : $addresses->new;
        tell(implode(' and ', array_unique($addresses->old)) . " became $to in $values values");
        if ($left !== []) {
            tell('some addresses stay, as the new ones do not fit, in: ' . implode(', ', array_keys($left)));
        }
    }

    /** The accounts that are declared keep the passwords that they have here, and the administrator stays one. */
    public function keepAccounts(array $logins): void
    {
        $users = $this->table('users');
        $usermeta = $this->table('usermeta');
        $columns = 'user_login, user_pass, user_nicename, user_email, user_url, user_registered, user_activation_key, user_status, display_name';
        $both = [];
        foreach ($logins as $number => $login) {
            $here = $this->db->execute_query('SELECT ID, user_pass FROM wp_users WHERE user_login = ?', [$login])->fetch_assoc();
            if ($here === null) {
                continue;
            }
            $there = $this->db->execute_query("SELECT ID FROM $users WHERE user_login = ?", [$login])->fetch_column();
            if ($there === false) {
                $this->db->execute_query("INSERT INTO $users ($columns) SELECT $columns FROM wp_users WHERE ID = ?", [$here['ID']]);
                $id = $this->db->insert_id;
                $this->db->execute_query(
                    "INSERT INTO $usermeta (user_id, meta_key, meta_value) SELECT ?, meta_key, meta_value FROM wp_usermeta
                        WHERE user_id = ? AND meta_key IN ('wp_capabilities', 'wp_user_level', 'nickname')",
                    [$id, $here['ID']],
                );
                continue;
            }
            $both[] = $login;
            $this->db->execute_query("UPDATE $users SET user_pass = ? WHERE ID = ?", [$here['user_pass'], $there]);
            if ($number === 0) {
                $this->db->execute_query("DELETE FROM $usermeta WHERE user_id = ? AND meta_key IN ('wp_capabilities', 'wp_user_level')", [$there]);
                $this->db->execute_query(
                    "INSERT INTO $usermeta (user_id, meta_key, meta_value) VALUES (?, 'wp_capabilities', ?), (?, 'wp_user_level', '10')",
                    [$there, serialize(['administrator' => true]), $there],
                );
            }
        }
        if ($both !== []) {
            tell('in both sites, and from now on with the password of this one: ' . implode(', ', $both));
        }
    }

    public function markReady(string $run): void
    {
        $ready = quoted(self::READY);
        $this->db->query("CREATE TABLE $ready (run VARCHAR(64) NOT NULL, prefix VARCHAR(64) NOT NULL)");
        $this->db->execute_query("INSERT INTO $ready VALUES (?, ?)", [$run, $this->prefix]);
    }

    public function isReady(string $run): bool
    {
        if (!$this->has(self::READY)) {
            return false;
        }
        [$found, $this->prefix] = $this->db->query('SELECT run, prefix FROM ' . quoted(self::READY))->fetch_row();
        return $found === $run;
    }

    /** A theme that is not here would leave every page empty. */
    public function checkTheme(string $default): void
    {
        $options = $this->table('options');
        $missing = [];
        foreach (['template', 'stylesheet'] as $option) {
            $theme = (string) $this->value("SELECT option_value FROM $options WHERE option_name = '$option'");
            if (!Content::has("themes/$theme/style.css")) {
                $missing[] = $theme;
            }
        }
        if ($missing !== []) {
            $this->db->execute_query("UPDATE $options SET option_value = ? WHERE option_name IN ('template', 'stylesheet')", [$default]);
            tell("the theme '" . implode("' of '", array_unique($missing)) . "' is not here: the site has '$default' instead");
        }
        $active = (string) $this->value("SELECT option_value FROM $options WHERE option_name = 'active_plugins'");
        $plugins = @unserialize($active, ['allowed_classes' => false]) ?: [];
        $absent = array_filter($plugins, static fn (string $plugin) => !Content::has("plugins/$plugin"));
        if ($absent !== []) {
            tell('active there, but not here: ' . implode(', ', $absent));
        }
    }

    /** All tables at once: readers see the one site or the other. */
    public function exchange(): void
    {
        $moves = [];
        foreach ($this->tables(self::OURS) as $table) {
            $moves[] = quoted($table) . ' TO ' . quoted(self::OLD . $table);
        }
        foreach ($this->tables(Dump::PREFIX . $this->prefix) as $table) {
            $moves[] = quoted($table) . ' TO ' . quoted(self::OURS . substr($table, strlen(Dump::PREFIX . $this->prefix)));
        }
        $this->db->query('DROP TABLE IF EXISTS ' . quoted(self::UNFINISHED));
        $moves[] = quoted(self::READY) . ' TO ' . quoted(self::UNFINISHED);
        $this->db->query('SET lock_wait_timeout = 60');
        $this->db->query('SET foreign_key_checks = 0');
        $this->db->query('RENAME TABLE ' . implode(', ', $moves));
    }

    /** What cannot run here is switched off, so that somebody can log in and see to it. */
    public function switchOffWhatFails(string $defaultTheme): void
    {
        $failure = Trial::failure();
        if ($failure === null) {
            return;
        }
        $this->db->query("UPDATE wp_options SET option_value = 'a:0:{}' WHERE option_name = 'active_plugins'");
        tell("all plugins were deactivated, as one of them fails here: $failure");
        $failure = Trial::failure();
        if ($failure !== null) {
            $this->db->execute_query("UPDATE wp_options SET option_value = ? WHERE option_name IN ('template', 'stylesheet')", [$defaultTheme]);
            tell("the theme fails here, too, and the site has '$defaultTheme' instead: $failure");
        }
    }

    public function finish(): void
    {
        $this->forget();
        $this->db->query('DROP TABLE IF EXISTS ' . quoted(self::UNFINISHED));
    }

    /** Who can log in now, the administrators first. */
    public function tellUsers(): void
    {
        $all = $this->db->query(
            "SELECT user_login FROM wp_users LEFT JOIN wp_usermeta ON user_id = wp_users.ID AND meta_key = 'wp_capabilities'
                GROUP BY wp_users.ID ORDER BY MAX(meta_value LIKE '%administrator%') DESC, wp_users.ID",
        )->fetch_all();
        $more = count($all) > 20 ? ' and ' . (count($all) - 20) . ' more' : '';
        tell('these users can log in: ' . implode(', ', array_column(array_slice($all, 0, 20), 0)) . $more);
    }

    /** @return array{int, string[]} How many values were changed, and the columns with one that was not. */
    private function rewriteTable(string $table, Addresses $addresses, callable $goesOn): array
    {
        $columns = $this->db->execute_query(
            "SELECT column_name, data_type, column_key = 'PRI' FROM information_schema.columns
                WHERE table_schema = DATABASE() AND table_name = ? AND extra NOT LIKE '%GENERATED%' ORDER BY ordinal_position",
            [$table],
        )->fetch_all();
        $keys = array_column(array_filter($columns, static fn (array $column) => (bool) $column[2]), 0);
        $texts = array_column(array_filter($columns, static fn (array $column) => in_array($column[1], [...self::TEXT, ...self::BYTES], true)), 1, 0);
        if ($texts === []) {
            return [0, []];
        }
        $wanted = [];
        foreach (array_keys($texts) as $column) {
            foreach ($addresses->hosts() as $host) {
                $wanted[] = 'CONVERT(' . quoted($column) . " USING utf8mb4) LIKE '%{$this->like($host)}%'";
            }
        }
        $names = array_values(array_unique([...$keys, ...array_keys($texts)]));
        $rows = $this->stream('SELECT ' . implode(', ', array_map(quoted(...), $names)) . ' FROM ' . quoted($table) . ' WHERE ' . implode(' OR ', $wanted));
        $this->db->query("SET sql_mode = 'STRICT_ALL_TABLES', autocommit = 0");
        $changed = 0;
        $kept = [];
        foreach ($rows as $row) {
            foreach ($texts as $column => $type) {
                $old = $row[$column];
                if ($old === null || (in_array($type, self::BYTES, true) && !mb_check_encoding($old, 'UTF-8'))) {
                    continue;
                }
                $new = $addresses->rewrite($old);
                if ($new === $old) {
                    continue;
                }
                try {
                    $this->update($table, $keys, $row, $column, $new);
                    $changed++;
                } catch (mysqli_sql_exception $refusal) {
                    if (!in_array($refusal->getCode(), [self::TOO_LONG, self::DUPLICATE], true)) {
                        throw $refusal;
                    }
                    $kept[] = $column;
                }
                if (in_array($column, $keys, true)) {
                    $row[$column] = $new;
                }
            }
            if ($changed % 500 === 0) {
                $this->db->commit();
                $goesOn();
            }
        }
        $this->db->commit();
        $this->db->query("SET autocommit = 1, sql_mode = ''");
        return [$changed, array_unique($kept)];
    }

    /** A row at a time, by a connection of its own that ends with the last one, or with whoever reads. */
    private function stream(string $query): Generator
    {
        $reader = connect();
        try {
            $rows = $reader->query($query, MYSQLI_USE_RESULT);
            while ($row = $rows->fetch_assoc()) {
                yield $row;
            }
        } finally {
            $reader->close();
        }
    }

    /** A table without a key has this value changed wherever it is, which is the same. */
    private function update(string $table, array $keys, array $row, string $column, string $new): void
    {
        $where = $keys === []
            ? ['CONVERT(' . quoted($column) . ' USING utf8mb4) COLLATE utf8mb4_bin = ?']
            : array_map(static fn (string $key) => quoted($key) . ' = ?', $keys);
        $values = $keys === [] ? [$row[$column]] : array_map(static fn (string $key) => $row[$key], $keys);
        $this->db->execute_query(
            'UPDATE ' . quoted($table) . ' SET ' . quoted($column) . ' = ? WHERE ' . implode(' AND ', $where),
            [$new, ...$values],
        );
    }

    private function table(string $name): string
    {
        return quoted(Dump::PREFIX . $this->prefix . $name);
    }

    private function has(string $table): bool
    {
        return in_array($table, $this->tables($table), true);
    }

    /** @return string[] */
    private function tables(string $prefix): array
    {
        $found = $this->db->query("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'")->fetch_all();
        return array_values(array_filter(array_column($found, 0), static fn (string $table) => str_starts_with($table, $prefix)));
    }

    private function value(string $query): mixed
    {
        return $this->db->query($query)->fetch_column();
    }

    private function like(string $text, bool $pattern = true): string
    {
        return $this->db->real_escape_string($pattern ? addcslashes($text, '\\_%') : $text);
    }

    private function list(array $texts): string
    {
        return implode(', ', array_map(fn (string $text) => "'" . $this->db->real_escape_string($text) . "'", $texts));
    }
}
