#pragma once

#include <base/backoff.hpp>
#include <base/clock.hpp>
#include <base/size.hpp>
#include <event/sink.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace weir::kafka {

/// What a broker allows when nobody has set anything (Kafka's message.max.bytes): assumed where it does not
/// tell.
inline constexpr bytes default_topic_limit = 1'048'588;

/// Why a topic can never carry this name; empty when it can (Kafka's rule: 1 to 249 of [A-Za-z0-9._-], not "."
/// or "..").
[[nodiscard]] std::string name_problem(std::string_view topic);

/// What the broker says about one topic.
struct topic_answer {
  int code = 0;      ///< rd_kafka_resp_err_t
  std::string text;  ///< the broker's sentence, if it has one
  bytes limit = 0;   ///< max.message.bytes, when code is 0
  bool is_compacted = false;
  bool is_cluster_known = false;  ///< metadata arrived once: silence is then about this question only
};

/// How a topic becomes usable: asked for, made when it is missing, asked again. Decides only; whoever owns it
/// sends the questions and brings the answers. A topic that cannot be had yet is asked for again with backoff,
/// for ever.
class topic_opening {
 public:
  enum class question { none, describe, create };

  topic_opening(std::string name, event::topic_kind kind, bool may_create);

  /// What to ask the broker now; the answer is owed from then on.
  [[nodiscard]] question next(steady_time now);
  void described(const topic_answer& answer, steady_time now);
  void created(int code, std::string_view text, steady_time now);
  /// The topic was seen to be missing: from the start again.
  void reopen();
  /// Takes the topic as it is, without asking: for a cluster that is known to have nobody to ask.
  void assume(steady_time now);

  [[nodiscard]] bool is_open() const { return is_open_; }
  /// Empty when open.
  [[nodiscard]] const std::string& waits_for() const { return waits_for_; }
  [[nodiscard]] bytes limit() const { return limit_; }
  /// The broker did not let us ask: the limit is a guess.
  [[nodiscard]] bool limit_is_assumed() const { return limit_is_assumed_; }
  [[nodiscard]] bool is_compacted() const { return is_compacted_; }
  /// A broker that refused the settings we wish for a topic is asked for one without.
  [[nodiscard]] bool wants_plain() const { return wants_plain_; }
  /// When `next` has something to ask again; max while an answer is owed.
  [[nodiscard]] steady_time due() const { return is_owed_ ? steady_time::max() : due_; }

 private:
  void open(bytes limit, bool is_assumed, steady_time now);
  void wait(std::string why, steady_time now);

  std::string name_;
  event::topic_kind kind_;
  bool may_create_;
  question next_ = question::describe;
  bool is_owed_ = false;
  bool is_open_ = false;
  bool is_describing_denied_ = false;
  bool wants_plain_ = false;
  int silences_ = 0;  ///< unanswered questions in a row
  bytes limit_ = 0;
  bool limit_is_assumed_ = false;
  bool is_compacted_ = false;
  std::string waits_for_;
  steady_time due_ = steady_time::min();
  backoff pause_;
};

}  // namespace weir::kafka
