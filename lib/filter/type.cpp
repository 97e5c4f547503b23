#include <filter/compare.hpp>
#include <filter/type.hpp>

#include <utility>

namespace weir::filter {

type list_of(type elements) { return {kind::list, false, {std::move(elements)}}; }

type map_of(type keys, type values) { return {kind::map, false, {std::move(keys), std::move(values)}}; }

std::string to_string(const type& of) {
  std::string text(name_of(of.is));
  if (of.is == kind::list) text += "(" + to_string(of.of[0]) + ")";
  if (of.is == kind::map) text += "(" + to_string(of.of[0]) + ", " + to_string(of.of[1]) + ")";
  return text;
}

bool are_comparable(const type& left, const type& right) {
  if (left.is == kind::dynamic || right.is == kind::dynamic) return true;
  if (left.is == kind::null) return right.is == kind::null || right.may_be_null;
  if (right.is == kind::null) return left.may_be_null;
  if (is_number(left.is) && is_number(right.is)) return true;
  if (left.is != right.is) return false;
  for (std::size_t part = 0; part < left.of.size(); ++part) {
    if (!are_comparable(left.of[part], right.of[part])) return false;
  }
  return true;
}

type common(const type& left, const type& right) {
  if (left.is == right.is && left.of == right.of)
    return {left.is, left.may_be_null || right.may_be_null, left.of};
  if (left.is == kind::null && right.is != kind::dynamic) return {right.is, true, right.of};
  if (right.is == kind::null && left.is != kind::dynamic) return {left.is, true, left.of};
  return dynamic();
}

}  // namespace weir::filter
