ALTER TABLE one_time_codes
  ADD COLUMN payload VARCHAR(254) NOT NULL DEFAULT '' COMMENT 'the new address, for change_email'
