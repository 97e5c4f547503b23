#pragma once

#include <async/task_registry.hpp>
#include <base/size.hpp>
#include <event/sink.hpp>

#include <memory>

namespace weir::stdio {

/// One JSON document a line: {"topic":..,"key":..,"value":..,"headers":{..}}. Key and value are JSON documents
/// already and are embedded as they are; an absent one is null. A share is delivered when its line is written
/// whole: for a pipe that means taken by the kernel, not read. Dead letters go to the second descriptor.
class stdout_sink final : public event::sink {
 public:
  /// Borrows the descriptors (they are made non-blocking for the life of the sink, and set back).
  stdout_sink(async::executor on, int lines, int dead_letters, bytes most_buffered = mebibyte);
  ~stdout_sink() override;
  stdout_sink(const stdout_sink&) = delete;
  stdout_sink& operator=(const stdout_sink&) = delete;

  void listen(event::sink_listener& listener) override;
  [[nodiscard]] std::unique_ptr<event::channel> open(std::string topic, event::topic_kind kind) override;
  void probe() override;
  [[nodiscard]] std::size_t outstanding() const override;

  /// Writes and reports until it is cancelled. To be spawned as a task of its own, once. A closed reader ends
  /// as `sink_listener::broken` (permanent, "output_closed").
  async::awaitable<> run(async::self me);
  /// Abandons what is not written. The task of run() must have ended.
  void close() noexcept;

 private:
  class machinery;
  std::unique_ptr<machinery> works_;
};

}  // namespace weir::stdio
