ALTER TABLE throttles
  ADD COLUMN audited_for DATETIME(6) NULL COMMENT 'beginning of the window whose first refusal is in the audit log'
