import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const OLD = 'https://old.example.org';
export const OLD_HOST = 'old.example.org';

export interface OldUser {
  readonly login: string;
  readonly password: string;
  readonly role: string;
}

type Value = string | number | boolean | Value[] | { [key: string]: Value };

/** As PHP's serialize() writes a value. */
export function serialized(value: Value): string {
  switch (typeof value) {
    case 'boolean':
      return `b:${value ? 1 : 0};`;
    case 'number':
      return `i:${value};`;
    case 'string':
      return `s:${Buffer.byteLength(value)}:"${value}";`;
    default: {
      const items = Object.entries(value).map(([key, item]): [Value, Value] => [
        Array.isArray(value) ? Number(key) : key,
        item,
      ]);
      return `a:${items.length}:{${items.map(([key, item]) => serialized(key) + serialized(item)).join('')}}`;
    }
  }
}

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A password as WordPress kept it until 6.8 (phpass). */
export function phpass(password: string): string {
  const salt = randomBytes(4).toString('hex');
  let hash = createHash('md5')
    .update(salt + password)
    .digest();
  for (let round = 0; round < 2 ** 8; round++) {
    hash = createHash('md5').update(hash).update(password).digest();
  }
  let encoded = '';
  for (let at = 0; at < hash.length; at += 3) {
    let bits = hash.subarray(at, at + 3).reduce((sum, byte, index) => sum + (byte << (8 * index)), 0);
    for (let count = Math.min(4, hash.length - at + 1); count > 0; count--) {
      encoded += ALPHABET[bits & 63];
      bits >>= 6;
    }
  }
  return `$P$6${salt}${encoded}`;
}

const CAPABILITIES: { readonly [role: string]: string[] } = {
  administrator: [
    ...['read', 'list_users', 'edit_users', 'create_users', 'manage_options', 'activate_plugins', 'switch_themes'],
    ...['edit_posts', 'edit_others_posts', 'edit_published_posts', 'publish_posts', 'delete_posts', 'upload_files'],
    ...['edit_pages', 'moderate_comments', 'unfiltered_html', 'level_10', 'level_0'],
  ],
  editor: [
    'read',
    'edit_posts',
    'edit_others_posts',
    'edit_published_posts',
    'publish_posts',
    'upload_files',
    'level_7',
  ],
};

/** What mysqldump of MySQL 8 writes about a site of WordPress 5.9 with plugins, under the prefix `old_`. */
export function dump(users: readonly OldUser[], title: string): string {
  const image = `${OLD}/wp-content/uploads/2021/05/cat.png`;
  const block = `<!-- wp:image {"id":11,"url":"${image.replaceAll('/', '\\/')}"} --><figure><img src="${image}" alt=""/></figure><!-- /wp:image -->`;
  const posts = [
    [
      10,
      `${title} – käse; it's "quoted" \\ -- # /* here */`,
      'old-post',
      'post',
      'publish',
      '',
      `${block}<a href="${OLD}/page-two/">two</a> <a href="https://t.example.net/?u=${encodeURIComponent(`${OLD}/x`)}">t</a> <a href="//${OLD_HOST}/three/">three</a>`,
    ],
    [11, 'cat', 'cat', 'attachment', 'inherit', 'image/png', ''],
    [12, 'Page two', 'page-two', 'page', 'publish', '', `http://${OLD_HOST}/page-two/?a=b`],
    [13, 'Shop', 'shop', 'post', 'draft', '', ''],
  ] as const;
  const caps = (role: string) => Object.fromEntries((CAPABILITIES[role] ?? []).map((one) => [one, true]));
  const options: { [name: string]: string } = {
    siteurl: OLD,
    home: OLD,
    blogname: title,
    blogdescription: `from ${OLD}`,
    admin_email: `ann@${OLD_HOST}x`,
    posts_per_page: '10',
    show_on_front: 'posts',
    blog_public: '1',
    default_category: '1',
    permalink_structure: '/%postname%/',
    blog_charset: 'UTF-8',
    db_version: '51917',
    initial_db_version: '38590',
    template: 'oldtheme',
    stylesheet: 'oldtheme',
    upload_path: '/var/www/old/wp-content/uploads',
    uploads_use_yearmonth_folders: '1',
    active_plugins: serialized(['shout/shout.php', 'gone/gone.php']),
    old_user_roles: serialized({
      administrator: { name: 'Administrator', capabilities: caps('administrator') },
      editor: { name: 'Editor', capabilities: caps('editor') },
    }),
    widget_text: serialized({
      2: {
        title: 'Über',
        text: `<a href="${OLD}/a">ä</a>`,
        nested: serialized({ deep: `${OLD}/deep`, more: serialized([`${OLD}/deeper`]) }),
      },
      _multiwidget: 1,
    }),
    sidebars_widgets: serialized({ wp_inactive_widgets: [], 'sidebar-1': ['text-2'], array_version: 3 }),
    shout_object: `O:12:"Shout_Config":1:{s:4:"\0*\0u";${serialized(`${OLD}/o`)}}`,
    shout_json: JSON.stringify({ url: `${OLD}/json`, in: JSON.stringify({ url: `${OLD}/j` }) }).replaceAll('/', '\\/'),
    _transient_old: OLD,
  };
  const now = "'2021-05-01 10:00:00'";
  const zero = "'0000-00-00 00:00:00'";
  const rows: string[] = [
    insert(
      'old_users',
      users.map((user, index) => [
        index + 1,
        user.login,
        phpass(user.password),
        user.login,
        `${user.login}@example.com`,
        `${OLD}/~${user.login}`,
        { raw: now },
        '',
        0,
        user.login,
      ]),
    ),
    insert(
      'old_usermeta',
      users.flatMap((user, index) => [
        [index * 3 + 1, index + 1, 'old_capabilities', serialized({ [user.role]: true })],
        [index * 3 + 2, index + 1, 'old_user_level', user.role === 'administrator' ? '10' : '7'],
        [index * 3 + 3, index + 1, 'session_tokens', serialized({})],
      ]),
    ),
    insert(
      'old_options',
      Object.entries(options).map(([name, value], index) => [index + 1, name, value, 'yes']),
    ),
    insert(
      'old_posts',
      posts.map(([id, name, slug, type, status, mime, content]) => [
        id,
        1,
        { raw: now },
        { raw: status === 'draft' ? zero : now },
        content,
        name,
        '',
        status,
        'open',
        'open',
        '',
        slug,
        '',
        '',
        { raw: now },
        { raw: now },
        '',
        0,
        type === 'attachment' ? image : `${OLD}/?p=${id}`,
        0,
        type,
        mime,
        0,
      ]),
    ),
    insert('old_postmeta', [
      [1, 11, '_wp_attached_file', '2021/05/cat.png'],
      [2, 11, '_wp_attachment_metadata', serialized({ width: 1, height: 1, file: '2021/05/cat.png', src: image })],
      [3, 13, '_big', `${'x'.repeat(300_000)} ${OLD}/big`],
    ]),
    insert('old_comments', [
      [
        1,
        10,
        'Bob',
        'bob@example.com',
        `${OLD}/bob`,
        '127.0.0.1',
        { raw: now },
        { raw: now },
        `see ${OLD}/page-two/`,
        0,
        '1',
        '',
        'comment',
        0,
        0,
      ],
    ]),
    insert('old_terms', [[1, 'General', 'general', 0]]),
    insert('old_term_taxonomy', [[1, 1, 'category', '', 0, 1]]),
    insert('old_term_relationships', [[10, 1, 0]]),
    insert('old_shop_items', [[1, `${OLD}/item`]]),
    insert('old_shop_sales', [[1, 1]]),
  ];
  return `-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
--
-- Host: localhost    Database: blog; it's old
-- ------------------------------------------------------
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!50503 SET NAMES utf8mb4 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
CREATE DATABASE /*!32312 IF NOT EXISTS*/ \`oldblog\` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci */ /*!80016 DEFAULT ENCRYPTION='N' */;
USE \`oldblog\`;
${TABLES.map(([name, columns, more]) => table(name, columns, more)).join('')}
${rows.join('')}
/*!50003 SET @saved_sql_mode       = @@sql_mode */ ;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=\`root\`@\`localhost\`*/ /*!50003 TRIGGER \`t\` BEFORE INSERT ON \`old_posts\` FOR EACH ROW BEGIN SET NEW.post_title = 'x'; END */;;
DELIMITER ;
CREATE ALGORITHM=UNDEFINED DEFINER=\`root\`@\`%\` SQL SECURITY DEFINER VIEW \`old_view\` AS select 1 AS \`one\`;
CREATE TABLE \`other_app\` (\`a\` int) ENGINE=MyISAM;
-- Dump completed on 2021-05-02 10:00:00
`;
}

function insert(name: string, rows: (string | number | { raw: string })[][]): string {
  const literal = (value: string | number | { raw: string }) =>
    typeof value === 'object' ? value.raw : typeof value === 'number' ? value : `'${escaped(value)}'`;
  const values = rows.map((row) => `(${row.map(literal).join(',')})`).join(',');
  return `LOCK TABLES \`${name}\` WRITE;
/*!40000 ALTER TABLE \`${name}\` DISABLE KEYS */;
INSERT INTO \`${name}\` VALUES ${values};
/*!40000 ALTER TABLE \`${name}\` ENABLE KEYS */;
UNLOCK TABLES;
`;
}

function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "\\'")
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\0', '\\0');
}

function table(name: string, columns: string, engine = 'InnoDB'): string {
  return `--
-- Table structure for table \`${name}\`
--

DROP TABLE IF EXISTS \`${name}\`;
/*!50503 SET character_set_client = utf8mb4 */;
CREATE TABLE \`${name}\` (
  ${columns}
) ENGINE=${engine} AUTO_INCREMENT=100 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
`;
}

const DATE = "datetime NOT NULL DEFAULT '0000-00-00 00:00:00'";
const ID = 'bigint unsigned NOT NULL';
const SHORT = (size: number) => `varchar(${size}) COLLATE utf8mb4_0900_ai_ci NOT NULL DEFAULT ''`;
const TABLES: readonly [string, string, string?][] = [
  [
    'old_users',
    `ID ${ID} AUTO_INCREMENT, user_login ${SHORT(60)}, user_pass ${SHORT(255)}, user_nicename ${SHORT(50)}, user_email ${SHORT(100)}, user_url ${SHORT(100)}, user_registered ${DATE}, user_activation_key ${SHORT(255)}, user_status int NOT NULL DEFAULT '0', display_name ${SHORT(250)}, PRIMARY KEY (ID), KEY user_login_key (user_login)`,
  ],
  [
    'old_usermeta',
    `umeta_id ${ID} AUTO_INCREMENT, user_id ${ID} DEFAULT '0', meta_key varchar(255), meta_value longtext, PRIMARY KEY (umeta_id), KEY user_id (user_id), KEY meta_key (meta_key(191))`,
  ],
  [
    'old_options',
    `option_id ${ID} AUTO_INCREMENT, option_name ${SHORT(191)}, option_value longtext NOT NULL, autoload ${SHORT(20)}, PRIMARY KEY (option_id), UNIQUE KEY option_name (option_name)`,
  ],
  [
    'old_posts',
    `ID ${ID} AUTO_INCREMENT, post_author ${ID} DEFAULT '0', post_date ${DATE}, post_date_gmt ${DATE}, post_content longtext NOT NULL, post_title text NOT NULL, post_excerpt text NOT NULL, post_status ${SHORT(20)}, comment_status ${SHORT(20)}, ping_status ${SHORT(20)}, post_password ${SHORT(255)}, post_name ${SHORT(200)}, to_ping text NOT NULL, pinged text NOT NULL, post_modified ${DATE}, post_modified_gmt ${DATE}, post_content_filtered longtext NOT NULL, post_parent ${ID} DEFAULT '0', guid ${SHORT(255)}, menu_order int NOT NULL DEFAULT '0', post_type ${SHORT(20)}, post_mime_type ${SHORT(100)}, comment_count bigint NOT NULL DEFAULT '0', PRIMARY KEY (ID), KEY post_name (post_name(191))`,
  ],
  [
    'old_postmeta',
    `meta_id ${ID} AUTO_INCREMENT, post_id ${ID} DEFAULT '0', meta_key varchar(255), meta_value longtext, PRIMARY KEY (meta_id), KEY post_id (post_id)`,
  ],
  [
    'old_comments',
    `comment_ID ${ID} AUTO_INCREMENT, comment_post_ID ${ID} DEFAULT '0', comment_author tinytext NOT NULL, comment_author_email ${SHORT(100)}, comment_author_url ${SHORT(200)}, comment_author_IP ${SHORT(100)}, comment_date ${DATE}, comment_date_gmt ${DATE}, comment_content text NOT NULL, comment_karma int NOT NULL DEFAULT '0', comment_approved ${SHORT(20)}, comment_agent ${SHORT(255)}, comment_type ${SHORT(20)}, comment_parent ${ID} DEFAULT '0', user_id ${ID} DEFAULT '0', PRIMARY KEY (comment_ID)`,
    'MyISAM ROW_FORMAT=FIXED',
  ],
  [
    'old_commentmeta',
    `meta_id ${ID} AUTO_INCREMENT, comment_id ${ID} DEFAULT '0', meta_key varchar(255), meta_value longtext, PRIMARY KEY (meta_id)`,
  ],
  [
    'old_terms',
    `term_id ${ID} AUTO_INCREMENT, name ${SHORT(200)}, slug ${SHORT(200)}, term_group bigint NOT NULL DEFAULT '0', PRIMARY KEY (term_id)`,
  ],
  [
    'old_termmeta',
    `meta_id ${ID} AUTO_INCREMENT, term_id ${ID} DEFAULT '0', meta_key varchar(255), meta_value longtext, PRIMARY KEY (meta_id)`,
  ],
  [
    'old_term_taxonomy',
    `term_taxonomy_id ${ID} AUTO_INCREMENT, term_id ${ID} DEFAULT '0', taxonomy ${SHORT(32)}, description longtext NOT NULL, parent ${ID} DEFAULT '0', count bigint NOT NULL DEFAULT '0', PRIMARY KEY (term_taxonomy_id), UNIQUE KEY t (term_id, taxonomy)`,
  ],
  [
    'old_term_relationships',
    `object_id ${ID} DEFAULT '0', term_taxonomy_id ${ID} DEFAULT '0', term_order int NOT NULL DEFAULT '0', PRIMARY KEY (object_id, term_taxonomy_id)`,
  ],
  ['old_links', `link_id ${ID} AUTO_INCREMENT, link_url ${SHORT(255)}, PRIMARY KEY (link_id)`],
  ['old_shop_items', `item ${ID}, url ${SHORT(200)}, PRIMARY KEY (item)`],
  [
    'old_shop_sales',
    `sale ${ID}, item ${ID}, PRIMARY KEY (sale), CONSTRAINT \`fk_sale\` FOREIGN KEY (\`item\`) REFERENCES \`old_shop_items\` (\`item\`) ON DELETE CASCADE`,
  ],
];

/** A picture of one pixel. */
export const CAT = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** The site's wp-content, as its host kept it. */
export function writeContent(folder: string): void {
  const files: { readonly [path: string]: string | Buffer } = {
    'uploads/2021/05/cat.png': CAT,
    'uploads/2021/05/evil.php': '<?php echo 1;',
    'uploads/notes ünï.txt': 'kept',
    'plugins/shout/shout.php':
      "<?php\n/* Plugin Name: Shout */\nadd_action('wp_footer', static function () { echo '<p>shouted</p>'; });\n",
    'themes/oldtheme/style.css': '/*\nTheme Name: Old\n*/\n',
    'themes/oldtheme/index.php':
      "<?php wp_head(); while (have_posts()) { the_post(); echo '<h1>'; the_title(); echo '</h1>'; the_content(); } wp_footer();\n",
    'mu-plugins/host.php': '<?php exit(1);',
    'object-cache.php': '<?php exit(1);',
    'cache/page.html': 'old',
  };
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}
