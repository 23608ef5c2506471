-- split-table:lab.Reading: by hand, no writes before: the table is not partitioned, the model is, by `created_at`;

ALTER TABLE "readings" RENAME TO "readings__old";
