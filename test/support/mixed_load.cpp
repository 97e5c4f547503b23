#include <support/mixed_load.hpp>

#include <fmt/format.h>

namespace weir::support {
namespace {

constexpr const char* schema = R"(
create table if not exists account(
  id int primary key, note text, amount bigint not null default 0, is_open bool, large text);
alter table account alter large set storage external;
create table if not exists journal(number bigint primary key, what text not null);
create sequence if not exists journal_number;

-- A savepoint that is rolled back: nothing of it may ever be seen.
create or replace function half_done(around int) returns void language plpgsql as $$
begin
  insert into account values (around + 2000000, 'rolled back to the savepoint', 1, true);
  update account set note = 'rolled back to the savepoint' where id % 7 = around % 7;
  raise exception 'enough';
exception when raise_exception then null;
end $$;

create or replace procedure mixed_load(transactions int, pause float8) language plpgsql as $$
declare
  is_undone bool;
  chosen int;
begin
  for n in 1 .. transactions loop
    is_undone := random() < 0.1;
    for change in 1 .. 1 + floor(random() * 5)::int loop
      chosen := floor(random() * 200)::int;
      case floor(random() * 6)::int
        when 0, 1 then
          insert into account values (chosen, case when is_undone then 'rolled back' else 'new ' || n end, n, n % 2 = 0,
            case when n % 10 = 0 then repeat(md5(n::text), 300) end)
          on conflict (id) do update set amount = excluded.amount, note = excluded.note;
        when 2, 3 then
          update account set amount = amount + 1, note = case when is_undone then 'rolled back' else note end
          where id = chosen;
        when 4 then delete from account where id = chosen;
        else update account set id = chosen + 1000 where id = chosen and not exists
          (select from account where id = chosen + 1000);
      end case;
    end loop;
    if n % 9 = 0 then perform half_done(n); end if;
    insert into journal select nextval('journal_number'), case when is_undone then 'rolled back' else 'number ' || n end;
    if is_undone then rollback; else commit; end if;
    if pause > 0 then perform pg_sleep(pause); end if;
  end loop;
end $$;
)";

}  // namespace

mixed_load::mixed_load(const std::string& conninfo, double seed) : session_(conninfo) {
  session_.exec(schema);
  session_.exec(fmt::format("set statement_timeout = 0; select setseed({})", seed));
}

void mixed_load::cancel() {
  constexpr std::string_view query_canceled = "57014";
  session_.cancel();
  try {
    finish();
  } catch (const sql_error& error) {
    if (error.code() != query_canceled) throw;
  }
}

void mixed_load::start(int transactions, std::chrono::milliseconds pause) {
  session_.begin(
      fmt::format("call mixed_load({}, {})", transactions, static_cast<double>(pause.count()) / 1000));
}

}  // namespace weir::support
