#pragma once

#include "sink_handle.hpp"

#include <async/condition.hpp>
#include <async/task_scope.hpp>
#include <base/failure.hpp>
#include <kafka/options.hpp>
#include <pipeline/letter_assembly.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir::app {

/// What became of a letter that was sent.
struct letter_fate {
  bool is_sent = false;  ///< reported with an offset
  std::string code;      ///< why not; the sink's own name for it, or UNKNOWN when no report came
  std::string sentence;
};

/// Sends records that were dead letters to the topics that they were for, by the same way as the stream does,
/// and knows of each what became of it. Nothing is ever sent twice, unless the brokers said that they did not
/// take it.
class letter_sender final : public event::sink_listener, public event::settlement {
 public:
  letter_sender(async::executor on, async::blocking_pool& pool, const config::settings& with,
                async::task_registry& tasks);
  ~letter_sender() override;
  letter_sender(const letter_sender&) = delete;
  letter_sender& operator=(const letter_sender&) = delete;

  /// Ends when each letter has a fate. They leave together; those of a refused batch, which may be innocent,
  /// and those that only the broker's answer can decide leave once more, one at a time. After `trouble` the
  /// rest is not sent.
  async::awaitable<std::vector<letter_fate>> send(async::self me,
                                                  std::vector<const pipeline::whole_letter*> letters);

  /// Why nothing more can be sent: no report for a minute, or the producer broke.
  [[nodiscard]] const std::optional<failure>& trouble() const { return trouble_; }

  /// Not to be called while send() runs.
  async::awaitable<> close(async::self me);

 private:
  /// One sink with its pump; after a refusal it is of no use any more.
  struct life;
  enum class stage { waiting, out, sent, failed };
  struct sending {
    const pipeline::whole_letter* letter;
    stage is = stage::waiting;
    bool is_last_try = false;
    letter_fate fate = {};
  };

  async::awaitable<> offer(async::self me, std::size_t which, bool is_alone);
  async::awaitable<> wait_for_reports(async::self me);
  async::awaitable<> renew(async::self me);
  async::awaitable<> wait_for_news(async::self me);
  void fail(sending& one, std::string_view code, std::string_view sentence);

  // event::sink_listener
  void reported(event::report&& of) override;
  void room() override;
  void reachable(bool is, std::string_view why) override;
  void broken(const failure& why) override;
  // event::settlement: a letter's number is its token, and its fate is what counts.
  void hold(event::entry_token) override {}
  void settle(event::entry_token, event::outcome) noexcept override {}
  void abandon(event::entry_token) noexcept override {}

  async::executor on_;
  async::blocking_pool& pool_;
  const config::settings& with_;
  kafka::options brokers_;
  async::task_registry& tasks_;
  async::condition changed_;
  std::unique_ptr<life> life_;
  std::vector<sending> all_;
  std::size_t out_ = 0;
  bool is_spent_ = false;  ///< a record was refused or lost: nothing more is offered to this life
  steady_time last_news_;
  std::string unreachable_because_;
  std::optional<failure> trouble_;
};

}  // namespace weir::app
