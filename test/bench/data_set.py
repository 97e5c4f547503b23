"""What is read: one million rows of eight columns in transactions of 500, or in one transaction."""

ROWS_IN_TRANSACTION = 500

TABLE = """
create table {table}(id bigint primary key, a int, b text, c numeric(12,2), d timestamptz, e jsonb, f uuid, g bool);
create publication {publication} for table {table};
"""

ROWS = """
insert into {table} select n, (n * 7919 % 1000003)::int, 'customer ' || n, ((n * 104729) % 100000000) / 100.0,
  timestamptz '2024-01-01 00:00:00+00' + n * interval '1.234567 seconds', jsonb_build_object('n', n),
  md5(n::text)::uuid, n % 2 = 0
from generate_series({first}::bigint, {last}::bigint) n;
"""

LOAD = """
create or replace procedure load_{table}(transactions int) language plpgsql as $$
begin
  for t in 1..transactions loop
    {rows}
    commit;
  end loop;
end $$;
call load_{table}({transactions});
"""

BEAT = """
create table beat(id bigint generated always as identity primary key, us bigint not null);
create publication beat for table beat;
"""


class DataSet:
    """A table, its publication, and a slot `base` that stands before its rows and is only ever copied."""

    def __init__(self, postgres, table, publication, slot, rows, in_one_transaction):
        self.postgres, self.table, self.publication, self.slot = postgres, table, publication, slot
        self.rows, self.in_one_transaction = rows, in_one_transaction
        self.end = None

    def load(self):
        sql = self.postgres.sql
        sql(TABLE.format(table=self.table, publication=self.publication))
        sql(f"select pg_create_logical_replication_slot('{self.slot}', 'pgoutput')")
        if self.in_one_transaction:
            sql(ROWS.format(table=self.table, first=1, last=self.rows))
        else:
            first, last = f"(t - 1) * {ROWS_IN_TRANSACTION} + 1", f"t * {ROWS_IN_TRANSACTION}"
            rows = ROWS.format(table=self.table, first=f"({first})", last=f"({last})")
            sql(LOAD.format(table=self.table, rows=rows, transactions=self.rows // ROWS_IN_TRANSACTION))
        sql(f"vacuum analyze {self.table}")
        self.end = sql("select pg_current_wal_insert_lsn()")
        # Something behind the end, so that the stream passes it, and on the disk, so that it is sent.
        sql("select pg_logical_emit_message(false, 'bench', 'end'); checkpoint")

    def drop(self):
        self.postgres.drop_slot(self.slot)
        self.postgres.sql(f"drop publication {self.publication}; drop table {self.table}")
