#include <pipeline/flow.hpp>

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <utility>

/// The part of flow that sends transactions as records.
namespace weir::pipeline {

/// In commit order for each outlet, as far as the byte budget has room. A spill that cannot be read, or a topic
/// that cannot be opened, ends the run, never the task that happened to call.
void flow::pump_groups() {
  if (groups_.waiting() == 0 || sink_ == nullptr) return;
  try {
    pump_all_groups();
  } catch (const failure& why) {
    fail(why);
  }
  groups_.charge();
}

void flow::pump_all_groups() {
  for (auto& to : topology_.outlets()) {
    while (!failure_) {
      auto* const next = groups_.first(to);
      if (next == nullptr || !flying_.has_room(event::charge(0, next->content.next_size()))) break;
      send_part(to, *next);
      if (!next->content.has_more()) groups_.pop(to);
    }
  }
}

void flow::send_part(outlet& to, closed_group& of) {
  const auto part = of.content.next();
  const auto& with = to.to->options();
  const event::position at{timeline_, of.of.final_lsn, part.last_seq, to.rank};
  event::change nothing;
  event::refusal why;
  std::string topic;
  if (!with.topic->render(topic, nothing, why.sentence) || !render_target_texts(with, nothing, why)) {
    fail("group_template", fmt::format("target {} cannot take grouped records: {}", with.name, why.sentence),
         verdict::permanent);
    return;
  }
  group_texts_ = {std::to_string(of.of.xid),
                  to_string(of.of.final_lsn),
                  std::to_string(milliseconds_of(of.of.commit_time)),
                  std::to_string(of.count),
                  std::to_string(part.number),
                  std::to_string(part.count)};
  const std::array<event::header, 6> own{{{"weir.xid", group_texts_[0]},
                                          {"weir.commit_lsn", group_texts_[1]},
                                          {"weir.commit_time", group_texts_[2]},
                                          {"weir.count", group_texts_[3]},
                                          {"weir.part", group_texts_[4]},
                                          {"weir.parts", group_texts_[5]}}};
  // One key for all of a listener's transactions: one partition, so that they stay in commit order.
  const std::string_view key =
      with.key_text ? std::string_view{key_text_} : std::string_view{to.from->options.name};
  auto share = of.content.has_more() ? of.hold.another() : std::move(of.hold);
  share.tag(to.number);
  event::record record{key, part.value, own};
  record.partition_hash = partition_hash_;
  if (of.undecided.empty()) {
    put(to.to->lane_of(topic), at, with, record, std::move(share));
    return;
  }
  count_error(*to.to, "FILTER");
  dress(record, at, with);
  bury(to, topic, record, {"FILTER", of.undecided}, std::move(share));
}

void flow::send_read_alone(way_out& way, std::string_view json, const event::change& what, event::share part) {
  auto& to = *way.to;
  const auto& with = to.to->options();
  event::refusal why;
  std::string topic;
  if (!with.topic->render(topic, what, why.sentence) || !render_target_texts(with, what, why)) {
    fail("group_template", fmt::format("target {} cannot take grouped records: {}", with.name, why.sentence),
         verdict::permanent);
    return;
  }
  read_value_ = R"({"transaction":null,"part":1,"parts":1,"changes":[)";
  read_value_ += json;
  read_value_ += "]}";
  group_texts_ = {to_string(what.snapshot->at), std::to_string(milliseconds_of(what.snapshot->taken))};
  const std::array<event::header, 5> own{{{"weir.commit_lsn", group_texts_[0]},
                                          {"weir.commit_time", group_texts_[1]},
                                          {"weir.count", "1"},
                                          {"weir.part", "1"},
                                          {"weir.parts", "1"}}};
  const std::string_view key =
      with.key_text ? std::string_view{key_text_} : std::string_view{to.from->options.name};
  event::record record{key, read_value_, own};
  record.partition_hash = partition_hash_;
  auto at = position_of(what);
  at.part += to.to->next_part(change_number_);
  put(to.to->lane_of(topic), at, with, record, std::move(part));
}

/// A transaction filter that gives no answer, and neither keeps nor buries what it was asked about.
void flow::undecided_group(group_queues::undecided& of) {
  auto& listens = *of.by->from;
  listens.last_filter_error = of.why;
  count_error(*of.by->to, "FILTER");
  if (listens.options.if_undecided == on_filter_error::drop) {
    drop(*of.by, std::move(of.hold));
    return;
  }
  halt_.begin(fmt::format("the transaction filter of listener {} gives no answer for transaction {} at {}: {}; "
                          "mend the filter and restart",
                          listens.options.name, within_.xid, within_.final_lsn, of.why),
              now_);
  halt_.keep(std::move(of.hold));
}

}  // namespace weir::pipeline
