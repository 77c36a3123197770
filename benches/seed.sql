-- Seeds one account for `make bench`: @owner gets @notes notes and as many tasks, from one dictionary of 20,000 words.
-- For MariaDB only, because of its tables seq_1_to_….

-- unique_checks stays on: without it MariaDB fills an empty table in bulk and discards all rows at the first duplicate.
SET foreign_key_checks = 0;

-- No word contains another one.
CREATE TEMPORARY TABLE words (number INT UNSIGNED PRIMARY KEY, word VARCHAR(12) NOT NULL) ENGINE = MEMORY
SELECT seq AS number, SUBSTR(MD5(seq), 1, 9) AS word FROM seq_0_to_19999;

-- Ten words a note. Few words are frequent and most are rare, as in natural language.
CREATE TEMPORARY TABLE used (note INT UNSIGNED NOT NULL, position TINYINT UNSIGNED NOT NULL, number INT UNSIGNED NOT NULL,
  PRIMARY KEY (note, position)) ENGINE = InnoDB
SELECT n.seq AS note, k.seq AS position, FLOOR(20000 * POW(CRC32(CONCAT(n.seq, '.', k.seq)) / 4294967296, 3)) AS number
FROM seq_1_to_1000000 n JOIN seq_1_to_10 k WHERE n.seq <= @notes;

CREATE TEMPORARY TABLE texts (note INT UNSIGNED PRIMARY KEY, id BINARY(16) NOT NULL, at DATETIME(6) NOT NULL,
  words VARCHAR(200) NOT NULL) ENGINE = InnoDB
SELECT u.note, FROM_UNIXTIME(1750000000 + u.note * 60) AS at, GROUP_CONCAT(w.word ORDER BY u.position SEPARATOR ' ') AS words,
  -- UUID version 7: the time, then a checksum of the account.
  UNHEX(CONCAT(LPAD(HEX((1750000000 + u.note * 60) * 1000), 12, '0'), '7000', 'A', LPAD(HEX(CRC32(@owner)), 15, '0'))) AS id
FROM used u JOIN words w ON w.number = u.number GROUP BY u.note;

INSERT INTO notes (owner_id, id, version, text_version, title, excerpt, tags, pinned, archived, checks_open, checks_total,
  shelf, created_at, updated_at)
SELECT @owner, id, 1, 1, CONCAT('Note ', note, ' about ', SUBSTR(words, 1, 19)), CONCAT(words, '. Milk, bread, and the rest of it, as ever.'),
  IF(note % 2, '', '\nhome\nwork\n'), 0, 0, 1, 2, 0, at, at
FROM texts ORDER BY id;

INSERT INTO revisions (owner_id, kind, entity_id, version, title, body, reason, created_at, parent_version, size_bytes)
SELECT @owner, 1, id, 1, CONCAT('Note ', note, ' about ', SUBSTR(words, 1, 19)),
  CONCAT('# ', words, '\n\nMilk, bread, and the rest of it, as ever.\n\n- [ ] one\n- [x] two\n\n', words), 'edit', at, 0, 280
FROM texts ORDER BY id;

-- Tasks are in ten lists; a twentieth are subtasks, half are done, two thirds have a due date within 1,000 hours from now.
CREATE TEMPORARY TABLE lists (number INT UNSIGNED PRIMARY KEY, id BINARY(16) NOT NULL) ENGINE = MEMORY
SELECT seq AS number, UNHEX(CONCAT(LPAD(HEX(1750000000000 + seq), 12, '0'), '7000', 'B', LPAD(HEX(CRC32(@owner)), 15, '0'))) AS id
FROM seq_0_to_9;
INSERT INTO task_lists (owner_id, id, name, created_at, updated_at)
SELECT @owner, id, CONCAT('List ', number), UTC_TIMESTAMP(), UTC_TIMESTAMP() FROM lists;

INSERT INTO tasks (owner_id, id, title, excerpt, list_id, status, done, priority, due_at, due_key, completed_at, position, parent_id,
  created_at, updated_at)
SELECT @owner, x.id, SUBSTR(x.words, 1, 39), x.words, l.id, LEAST(x.note % 4, 2), x.note % 4 >= 2, FLOOR(x.note / 40) % 5,
  IF(x.note % 3, UTC_TIMESTAMP() + INTERVAL CAST(x.note * 7 % 2000 AS SIGNED) - 1000 HOUR, NULL),
  IF(x.note % 3, UTC_TIMESTAMP() + INTERVAL CAST(x.note * 7 % 2000 AS SIGNED) - 1000 HOUR, '9999-12-31'),
  IF(x.note % 4 >= 2, x.at, NULL), LPAD(x.note, 8, '0'), p.id, x.at, x.at
FROM texts x JOIN lists l ON l.number = FLOOR(x.note / 20) % 10
  LEFT JOIN texts p ON x.note % 20 = 1 AND p.note = x.note - 1
ORDER BY x.id;

INSERT INTO revisions (owner_id, kind, entity_id, version, title, body, reason, created_at, parent_version, size_bytes)
SELECT @owner, 2, id, 1, SUBSTR(words, 1, 39), words, 'edit', at, 0, 140 FROM texts ORDER BY id;

INSERT INTO terms (owner_id, term) SELECT @owner, word FROM words ORDER BY word;
INSERT IGNORE INTO postings (owner_id, term_id, kind, entity_id)
SELECT @owner, t.id, 1, x.id
FROM used u JOIN texts x ON x.note = u.note JOIN words w ON w.number = u.number
  JOIN terms t ON t.owner_id = @owner AND t.term = w.word
ORDER BY t.id, x.id;

INSERT IGNORE INTO postings (owner_id, term_id, kind, entity_id)
SELECT owner_id, term_id, 2, entity_id FROM postings WHERE owner_id = @owner AND kind = 1 ORDER BY term_id, entity_id;

-- Checked by scripts/bench.sh: an incomplete search index would make searches look fast.
SELECT IF(COUNT(*) > @notes * 9, 'postings are complete', 'postings are missing') FROM postings WHERE owner_id = @owner AND kind = 2;

-- The words that the searches use, from one in a third of the notes to one in a few.
SELECT word FROM words WHERE number IN (1, 10, 100, 1000, 5000, 19000) ORDER BY number;

DROP TEMPORARY TABLE words, used, texts, lists;
ANALYZE TABLE notes, tasks, revisions, terms, postings;
