#include <postgres/catalog_column.hpp>

#include <algorithm>
#include <utility>

#include <postgres/fields.hpp>

namespace weir::postgres {

// A domain may rest on a domain, and an array's elements may be of one; only one of a chain can hold a
// modifier.
const std::string_view selected_facts = R"(
    a.attname as column_name, a.atttypid as type_oid, base.oid as base_type_oid, base.modifier,
    base.name as type_name, base.kind as type_kind, base.element_oid, base.element_name, base.element_kind,
    base.has_domain_elements, labels.texts as labels, a.attnotnull or base.is_required as is_required,
    a.attgenerated <> '' as is_generated,
    case when a.attgenerated = '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end as default_expression)";

const std::string_view joined_facts = R"(
  cross join lateral (
    with recursive chain as (
      select t.oid, t.typname, t.typtype, t.typbasetype, t.typtypmod, t.typelem, t.typcategory, t.typnotnull
      from pg_catalog.pg_type t where t.oid = a.atttypid
      union all
      select t.oid, t.typname, t.typtype, t.typbasetype, t.typtypmod, t.typelem, t.typcategory, t.typnotnull
      from chain join pg_catalog.pg_type t on t.oid = chain.typbasetype where chain.typtype = 'd'),
    elements as (
      select t.oid, t.typname, t.typtype, t.typbasetype, t.typtypmod
      from chain join pg_catalog.pg_type t on t.oid = chain.typelem
      where chain.typtype <> 'd' and chain.typcategory = 'A'
      union all
      select t.oid, t.typname, t.typtype, t.typbasetype, t.typtypmod
      from elements join pg_catalog.pg_type t on t.oid = elements.typbasetype where elements.typtype = 'd')
    select max(oid::bigint) filter (where typtype <> 'd') as oid,
           max(typname::text) filter (where typtype <> 'd') as name,
           max(typtype::text) filter (where typtype <> 'd') as kind,
           greatest(max(typtypmod) filter (where typtype = 'd'),
                    (select max(typtypmod) filter (where typtype = 'd') from elements), -1) as modifier,
           bool_or(typtype = 'd' and typnotnull) as is_required,
           coalesce((select max(oid::bigint) filter (where typtype <> 'd') from elements), 0) as element_oid,
           (select max(typname::text) filter (where typtype <> 'd') from elements) as element_name,
           (select max(typtype::text) filter (where typtype <> 'd') from elements) as element_kind,
           exists (select from elements where typtype = 'd') as has_domain_elements
    from chain) base
  left join lateral (
    select array_agg(e.enumlabel::text order by e.enumsortorder) as texts from pg_catalog.pg_enum e
    where e.enumtypid = case when base.element_oid <> 0 then base.element_oid else base.oid end) labels on true
  left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum)";

namespace {

char letter_at(const result& answer, std::size_t row, std::string_view column) {
  const std::string text = answer.text(row, column);
  return text.empty() ? 'b' : text.front();
}

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

/// `'it''s'`, and with `escapes` also `'a\\b'`. Takes it off the front.
std::optional<std::string> take_literal(std::string_view& text, bool escapes) {
  if (!text.starts_with('\'')) return std::nullopt;
  std::string plain;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const bool is_quote = text[i] == '\'';
    const bool is_doubled =
        (is_quote || (escapes && text[i] == '\\')) && text.substr(i + 1).starts_with(text[i]);
    if (is_quote && !is_doubled) {
      text.remove_prefix(i + 1);
      return plain;
    }
    plain += text[i];
    if (is_doubled) ++i;
  }
  return std::nullopt;
}

std::optional<std::string> take_number(std::string_view& text) {
  const std::size_t size = std::min(text.find_first_not_of("0123456789.eE+-"), text.size());
  const std::string_view number = text.substr(0, size);
  if (!std::any_of(number.begin(), number.end(), is_digit)) return std::nullopt;
  text.remove_prefix(size);
  return std::string(number);
}

std::optional<std::string> take_constant(std::string_view& text) {
  for (const std::string_view word : {"true", "false"}) {
    if (!text.starts_with(word)) continue;
    text.remove_prefix(word.size());
    return std::string(word.substr(0, 1));
  }
  if (text.starts_with('\'')) return take_literal(text, false);
  if (text.starts_with("E'") || text.starts_with("B'")) {
    const bool escapes = text.front() == 'E';
    text.remove_prefix(1);
    return take_literal(text, escapes);
  }
  return take_number(text);
}

/// `::character varying(10)::"my type"`: names and nothing that computes.
bool is_only_casts(std::string_view text) {
  if (text.empty()) return true;
  constexpr std::string_view of_names =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ \"().,[]:";
  return text.starts_with("::") && text.find_first_not_of(of_names) == std::string_view::npos;
}

}  // namespace

catalog_column catalog_column_at(const result& answer, std::size_t row) {
  catalog_column made;
  made.name = answer.text(row, "column_name");
  made.type_oid = static_cast<std::uint32_t>(number_at(answer, row, "type_oid"));
  made.base_type_oid = static_cast<std::uint32_t>(number_at(answer, row, "base_type_oid"));
  made.base_modifier = static_cast<std::int32_t>(number_at(answer, row, "modifier"));
  made.key_place = static_cast<std::uint16_t>(number_at(answer, row, "key_place"));
  made.identity_place = static_cast<std::uint16_t>(number_at(answer, row, "identity_place"));
  event::column& facts = made.facts;
  facts.type_name = answer.text(row, "type_name");
  facts.type_kind = letter_at(answer, row, "type_kind");
  facts.element_type_oid = static_cast<std::uint32_t>(number_at(answer, row, "element_oid"));
  facts.element_type_name = answer.text(row, "element_name");
  facts.element_type_kind = letter_at(answer, row, "element_kind");
  facts.has_domain_elements = answer.flag(row, "has_domain_elements");
  facts.labels = texts_of(answer.text(row, "labels"));
  facts.is_required = answer.flag(row, "is_required");
  facts.is_generated = answer.flag(row, "is_generated");
  facts.default_text = constant_of(answer.text(row, "default_expression"));
  return made;
}

std::optional<std::string> constant_of(std::string_view expression) {
  auto constant = take_constant(expression);
  return is_only_casts(expression) ? constant : std::nullopt;
}

std::vector<std::string> texts_of(std::string_view array) {
  std::vector<std::string> texts;
  if (array.size() < 2) return texts;
  array = array.substr(1, array.size() - 2);
  bool is_quoted = false;
  std::string text;
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (array[i] == '\\' && i + 1 < array.size()) {
      text += array[++i];
    } else if (array[i] == '"') {
      is_quoted = !is_quoted;
    } else if (array[i] == ',' && !is_quoted) {
      texts.push_back(std::exchange(text, {}));
    } else {
      text += array[i];
    }
  }
  texts.push_back(std::move(text));
  return texts;
}

}  // namespace weir::postgres
