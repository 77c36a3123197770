UPDATE revisions r
  JOIN (SELECT owner_id, kind, entity_id, version,
          COALESCE(LAG(version) OVER (PARTITION BY owner_id, kind, entity_id ORDER BY version), 0) AS parent_version
        FROM revisions) p
    ON p.owner_id = r.owner_id AND p.kind = r.kind AND p.entity_id = r.entity_id AND p.version = r.version
  SET r.parent_version = p.parent_version, r.size_bytes = LENGTH(r.body), r.look_at = UTC_TIMESTAMP(6)
  WHERE r.parent_version IS NULL AND r.reason = 'edit'
