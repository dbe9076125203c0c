/**
 * What storage is billed by: the segments of each image, the prices, the months that are over, and what was corrected in
 * them. An image's facts are kept, and its segments made anew with each: a late fact changes what came before. An owner (''
 * is the account itself) knows an image by the name that it had last while it was theirs. Numbers that may exceed 64 bits are
 * text. Months are instants in milliseconds, as everywhere in billing.
 */
export const tables = `
  CREATE TABLE lives (
    image TEXT PRIMARY KEY, account TEXT NOT NULL, location TEXT NOT NULL, project TEXT,
    official INTEGER NOT NULL, size_bytes TEXT, facts TEXT NOT NULL, told INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX lives_account ON lives (account, told);
  CREATE TABLE image_names (image TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (image, owner))
    STRICT, WITHOUT ROWID;
  CREATE TABLE segments (
    account TEXT NOT NULL, image TEXT NOT NULL, place INTEGER NOT NULL, location TEXT NOT NULL, name TEXT NOT NULL,
    project TEXT, start INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, size_bytes TEXT,
    opened_by TEXT NOT NULL, closed_by TEXT, PRIMARY KEY (account, image, place)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE prices (
    id TEXT PRIMARY KEY, project TEXT, account TEXT, location TEXT, effective_from INTEGER NOT NULL, currency TEXT NOT NULL,
    rate TEXT NOT NULL, unit_bytes TEXT NOT NULL, hours_basis TEXT NOT NULL, hour_policy TEXT NOT NULL,
    event TEXT NOT NULL, told INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE names (kind TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, account TEXT, PRIMARY KEY (kind, id))
    STRICT, WITHOUT ROWID;
  CREATE TABLE periods (
    account TEXT NOT NULL, month INTEGER NOT NULL, seal_at TEXT NOT NULL, sealed_at TEXT, position TEXT, sha256 TEXT,
    lines INTEGER, pending_size INTEGER, unpriced INTEGER, totals TEXT, PRIMARY KEY (account, month)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE corrections (
    account TEXT NOT NULL, period INTEGER NOT NULL, image TEXT NOT NULL, told INTEGER NOT NULL, month INTEGER NOT NULL,
    place INTEGER NOT NULL, project TEXT, price TEXT, cause TEXT NOT NULL, size_known INTEGER NOT NULL,
    hours_ms TEXT NOT NULL, byte_ms TEXT NOT NULL, posted TEXT NOT NULL,
    PRIMARY KEY (account, image, told, month, place)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX corrections_period ON corrections (account, period);
  CREATE TABLE budgets (
    account TEXT PRIMARY KEY, amount TEXT NOT NULL, currency TEXT NOT NULL, thresholds TEXT NOT NULL, reached TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`
